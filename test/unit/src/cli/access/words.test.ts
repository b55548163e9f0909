import { describe, expect, test } from '@jest/globals'
import { encode } from 'uqr'
import { idsIn } from '../../../../../src/cli/access/device-add-file.ts'
import { commandFor } from '../../../../../src/cli/access/holder-kind.ts'
import { fits, qrCode } from '../../../../../src/cli/access/qr-code.ts'
import { ownAddress, reachOf } from '../../../../../src/cli/access/reach.ts'
import { settingsUrl } from '../../../../../src/cli/access/show-device.ts'
import type { Interfaces } from '../../../../../src/cli/command.ts'
import { sluice } from '../../../../support/cli.ts'

describe('words about devices and users that cannot be meant', () => {
  test.each([
    ['device add', 'which device? Give its device id'],
    ['device add a b', 'one device id at a time: there is "b" too'],
    ['device add a/b', 'the device id "a/b" cannot be used'],
    ['device add $SYS', 'no $ at the beginning'],
    ['device add a --sketch zigbee', '--sketch "zigbee" must be one of pubsubclient, esp-mqtt, esphome'],
    ['device add a --host http://x', '--host "http://x" must be a host name or an address'],
    ['device add a --host x:1883', 'no port'],
    ['device add a --label=', '--label is empty'],
    [`device add a --label ${'x'.repeat(101)}`, '--label must be 1 to 100 characters'],
    ['device add a --type a\u001b[2J', '--type must be'],
    ['device add a --json --qr', '--json gives the settings alone'],
    ['device add a --json --sketch esphome', '--json gives the settings alone'],
    ['device add a --file ids', 'give none beside it'],
    ['device add --file ids --label x', '--label does not go with --file'],
    ['device add --file ids --sketch esphome', '--sketch does not go with --file'],
    ['device ls x', 'device ls takes no "x"'],
    ['device rotate', 'which device?'],
    ['device revoke', 'which device?'],
    ['device rm', 'which device?'],
    ['user add anna', 'which role? --role must be one of dashboard, operator, bridge, admin'],
    ['user add anna --role device', '--role "device" must be one of'],
    ['user add anna --role anonymous', '--role "anonymous" must be one of'],
    ['user add an+na --role admin', 'the name "an+na" cannot be used'],
    ['user rm', 'which user?'],
  ])('%s', async (line, message) => {
    const { code, out, err } = await sluice(line.split(' '))
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
  })

  test('a port that changes at each start is none a board can be told', async () => {
    const { code, err } = await sluice(['device', 'add', 'a'], { env: { MQTT_PORT: '0' } })
    expect([code, err]).toEqual([2, expect.stringContaining('set MQTT_PORT')])
  })

  test('without a database there are no credentials', async () => {
    const { code, err } = await sluice(['device', 'ls'], { env: { USEDB: 'false' } })
    expect([code, err]).toEqual([1, expect.stringContaining('USEDB=false')])
  })
})

describe('the address of this machine', () => {
  const of = (address: string, internal = false) =>
    [{ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }] as unknown as Interfaces[string]
  const interfaces: Interfaces = {
    lo: of('127.0.0.1', true),
    docker0: of('172.17.0.1'),
    eth1: of('169.254.3.4'),
    eth2: of('fe80::1'),
    wlan0: of('192.168.7.20'),
  }
  const reach = (options: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) =>
    reachOf({ options, rest: [] }, { env, cwd: '/', interfaces: () => interfaces } as never)

  test('is the first IPv4 one that others reach, of a real network where there is one', () => {
    expect(ownAddress(interfaces)).toBe('192.168.7.20')
    expect(ownAddress({ docker0: interfaces.docker0 })).toBe('172.17.0.1')
    expect(ownAddress({ lo: interfaces.lo, eth1: interfaces.eth1 })).toBeUndefined()
  })

  test('gives way to --host, and to the address that HOST names', () => {
    const open = { ALLOW_ANONYMOUS: 'true' }
    expect(reach({ host: 'hub.local' }, open)).toMatchObject({ host: 'hub.local', doubts: [] })
    expect(reach({}, { ...open, HOST: '10.1.2.3', MQTT_PORT: '1884', PORT: '80' })).toEqual({
      host: '10.1.2.3',
      mqttPort: 1884,
      httpPort: 80,
      tlsPort: undefined,
      doubts: [],
    })
    const secure = { ...open, TLS_CERT: 'a.crt', TLS_KEY: 'a.key', MQTT_TLS_PORT: '8884' }
    expect(reach({ host: 'hub.local' }, secure)).toMatchObject({ tlsPort: 8884 })
    expect(reach({}, { ...open, HOST: '0.0.0.0' }).host).toBe('192.168.7.20')
  })

  test('is doubted when Sluice listens on this machine only', () => {
    expect(reach({}, {}).doubts).toEqual([expect.stringContaining('HOST=0.0.0.0')])
    expect(reach({ host: 'localhost' }, {}).doubts).toEqual([])
  })
})

describe('a file of ids', () => {
  test('is read with either line end, without empty lines, comments and a byte order mark', () => {
    expect(idsIn('\uFEFFa\r\n\r\n# hall 2\nAA:BB:CC\nb c\n')).toEqual(['a', 'AA:BB:CC', 'b c'])
  })

  test('that holds anything else is refused as a whole, with the lines', () => {
    expect(() => idsIn('a\nb/c\n d\na\n')).toThrow(
      'no credential was made:\nline 2: "b/c" is no device id\nline 3: a blank before or after the id would be part of it\nline 4: a is on line 1 already',
    )
    expect(() => idsIn('/\n'.repeat(12))).toThrow(/\n… and 2 more$/)
  })
})

describe('the QR code', () => {
  const url = settingsUrl({ id: 'AA:BB/ü'.replace('/', ' '), secret: 'f00d', host: 'fd00::7', port: 1883 })

  test('is of a URL that holds all settings', () => {
    expect(url).toBe('mqtt://AA%3ABB%20%C3%BC:f00d@[fd00::7]:1883')
    const { username, password, host } = new URL(url)
    expect([decodeURIComponent(username), password, host]).toEqual(['AA:BB ü', 'f00d', '[fd00::7]:1883'])
  })

  test('shows each module, two rows in a line', () => {
    const { data, size } = encode(url, { border: 2, ecc: 'L' })
    const lines = qrCode(url, false).trimEnd().split('\n')
    const isLight = (x: number, y: number): boolean => {
      const shown = lines[y >> 1]?.[x] ?? ' '
      return shown === '█' || shown === (y % 2 === 0 ? '▀' : '▄')
    }
    expect(size).toBeGreaterThan(25)
    const shown = data.map((row, y) => row.map((_, x) => !isLight(x, y)))
    expect(shown).toEqual(data)
  })

  test('is black on white in a terminal, whatever its colours are', () => {
    for (const line of qrCode(url, true).trimEnd().split('\n')) {
      expect(line.startsWith('\u001b[38;5;231;48;5;16m')).toBe(true)
      expect(line.endsWith('\u001b[0m')).toBe(true)
    }
  })

  test('fits into a window that shows it whole', () => {
    const { size } = encode(url, { border: 2, ecc: 'L' })
    const rows = Math.ceil(size / 2) + 1
    expect(fits(url, { columns: size, rows })).toBe(true)
    expect(fits(url, { columns: size - 1, rows })).toBe(false)
    expect(fits(url, { columns: size, rows: rows - 1 })).toBe(false)
    expect(fits(url, undefined)).toBe(false)
  })
})

test('a command that is named can be copied into a shell', () => {
  expect(commandFor('device', 'rotate', 'AA:BB')).toBe('sluice device rotate AA:BB')
  expect(commandFor('user', 'rotate', "o'neil x")).toBe("sluice user rotate 'o'\\''neil x'")
  expect(commandFor('device', 'rotate', '-x')).toBe('sluice device rotate -- -x')
})
