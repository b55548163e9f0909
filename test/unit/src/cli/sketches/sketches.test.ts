import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type Identity, mayPublish, mayRetain, maySubscribe } from '../../../../../bridge/core/access.ts'
import type { BoardSettings } from '../../../../../src/cli/sketches/sketch.ts'
import { SKETCH_NAMES, SKETCHES } from '../../../../../src/cli/sketches/sketches.ts'

const SECRET = '0123456789abcdef0123456789abcdef'
const BOARD: BoardSettings = { id: 'porch', secret: SECRET, host: '192.168.7.20', port: 18830 }
/** Every character that means something in C, in YAML, or in the command of a shell. */
const ODD = `a "b" \\n ??' 'c' %s: {é} <d> ‰ - 日本`

/** What a C compiler makes of a literal, or of several beside each other, with the names it knows. */
const readC = (code: string, names: ReadonlyMap<string, string>): string =>
  [...code.matchAll(/"((?:[^"\\]|\\.)*)"|(\w+)/g)]
    .map(([, text, name]) => text?.replace(/\\(.)/g, '$1') ?? names.get(name ?? '') ?? `?${name}?`)
    .join('')

/** The `#define`s of a header, with their values as the compiler has them. */
const definesOf = (header: string): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  for (const [, name = '', value = ''] of header.matchAll(/^#define (\w+) (.+?)(?: +\/\/ .*)?$/gm)) {
    names.set(name, /^\d+$/.test(value) ? value : readC(value, names))
  }
  return names
}

/** The fields of a designated initializer. */
const fieldsOf = (header: string): ReadonlyMap<string, string> => {
  const names = definesOf(header)
  const fields = [...header.matchAll(/(\.[\w.]+) = ("(?:[^"\\]|\\.)*"|\w+)/g)]
  return new Map(
    fields.map(([, name = '', value = '']) => [name, /^\d+$/.test(value) ? value : readC(value, names)]),
  )
}

const identity = (name: string): Identity => ({ role: 'device', name })

/** The topics of both headers, by what they are for. */
const expectOwnTopics = (names: ReadonlyMap<string, string>, id: string): void => {
  const topic = (name: string) => names.get(`SLUICE_${name}`) ?? ''
  expect(topic('DATA')).toBe(`sensors/${id}/data`)
  expect(topic('STATUS')).toBe(`devices/${id}/status`)
  for (const name of ['DATA', 'STATUS']) expect(mayPublish(identity(id), topic(name))).toBe(true)
  expect(mayRetain(identity(id), topic('STATUS'))).toBe(true)
  for (const name of ['ERRORS', 'BUZZER']) expect(maySubscribe(identity(id), topic(name))).toBe(true)
}

describe.each(SKETCH_NAMES)('the sketch for %s', (name) => {
  const text = SKETCHES[name](BOARD)

  test('holds the real settings and no placeholder', () => {
    for (const real of ['192.168.7.20', '18830', 'porch', SECRET]) expect(text).toContain(real)
    expect(text).not.toMatch(/<[a-z_ -]+>|\{\{|\$\{|undefined|null pointer|YOUR|CHANGE|XXX|example|esp32-1/i)
    expect(text).not.toContain('1883\n')
  })

  test('fits into a terminal, and ends with its last line', () => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
    expect(text).toMatch(/[^\n]\n$/)
  })

  test('says that it is to be kept to oneself', () => {
    expect(text).toContain('keep it out of version')
  })
})

describe.each([
  ['a plain id', 'porch'],
  ['an id of odd characters', ODD],
])('with %s', (_, id) => {
  const board = { ...BOARD, id }

  test('the header for PubSubClient has it in every name, topic and call', () => {
    const text = SKETCHES.pubsubclient(board)
    const names = definesOf(text)
    expect(names.get('SLUICE_HOST')).toBe('192.168.7.20')
    expect(names.get('SLUICE_PORT')).toBe('18830')
    expect(names.get('SLUICE_DEVICE')).toBe(id)
    expect(names.get('SLUICE_SECRET')).toBe(SECRET)
    expectOwnTopics(names, id)
    expect(text).toContain(
      'mqtt.connect(SLUICE_DEVICE, SLUICE_DEVICE, SLUICE_SECRET, SLUICE_STATUS, 1, true, "offline")',
    )
  })

  test('the header for esp-mqtt has it as client id, user and in the will', () => {
    const text = SKETCHES['esp-mqtt'](board)
    expectOwnTopics(definesOf(text), id)
    expect(Object.fromEntries(fieldsOf(text))).toEqual({
      '.broker.address.uri': 'mqtt://192.168.7.20:18830',
      '.credentials.client_id': id,
      '.credentials.username': id,
      '.credentials.authentication.password': SECRET,
      '.session.keepalive': '30',
      '.topic': `devices/${id}/status`,
      '.msg': 'offline',
      '.qos': '1',
      '.retain': '1',
    })
  })

  test('the block for ESPHome is YAML that publishes on its own topics alone', () => {
    const status = (payload: string) => ({ topic: `devices/${id}/status`, payload, qos: 1, retain: true })
    const { mqtt, interval } = parse(SKETCHES.esphome(board))
    expect(mqtt).toEqual({
      broker: '192.168.7.20',
      port: 18830,
      client_id: id,
      username: id,
      password: SECRET,
      keepalive: '30s',
      discovery: false,
      discover_ip: false,
      topic_prefix: null,
      log_topic: null,
      birth_message: status('online'),
      will_message: status('offline'),
      shutdown_message: status('offline'),
    })
    const [publish] = interval[0].then[0].if.then
    expect(publish['mqtt.publish_json']).toMatchObject({ topic: `sensors/${id}/data`, qos: 1 })
    expect(mayRetain(identity(id), mqtt.will_message.topic)).toBe(true)
    expect(mayPublish(identity(id), publish['mqtt.publish_json'].topic)).toBe(true)
  })
})

describe('what a client cannot do by itself', () => {
  const bufferOf = (id: string): number =>
    Number(/setBufferSize\((\d+)\)/.exec(SKETCHES.pubsubclient({ ...BOARD, id }))?.[1])

  test('PubSubClient is given a buffer that its CONNECT fits into, however long the id is', () => {
    expect(bufferOf('porch')).toBe(512)
    const long = '日'.repeat(100)
    expect(bufferOf(long)).toBeGreaterThan(3 * 300 + 100)
  })

  test('an IPv6 address has brackets in a URL, and none elsewhere', () => {
    const board = { ...BOARD, host: 'fd00::7' }
    expect(fieldsOf(SKETCHES['esp-mqtt'](board)).get('.broker.address.uri')).toBe('mqtt://[fd00::7]:18830')
    expect(definesOf(SKETCHES.pubsubclient(board)).get('SLUICE_HOST')).toBe('fd00::7')
  })
})
