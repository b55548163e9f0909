import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPostgresCredentials } from '../../bridge/stores/postgres-credentials.ts'
import { isSecretOf } from '../../src/access/secrets.ts'
import { useCleanups } from '../support/cleanups.ts'
import { type CliOptions, type CliResult, sluice } from '../support/cli.ts'
import { freshDatabase } from '../support/database.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())
beforeEach(() => database.pool.query('TRUNCATE credentials'))
const later = useCleanups()

const command = (words: string | readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  sluice(typeof words === 'string' ? words.split(' ') : words, {
    env: { DATABASE_URL: database.url, HOST: '127.0.0.1' },
    ...options,
  })
const kept = (name: string) => createPostgresCredentials(database.pool).get(name)
const secretIn = ({ out }: CliResult): string => /^secret +([0-9a-f]{32})$/m.exec(out)?.[1] ?? ''
const opens = async (name: string, secret: string): Promise<boolean> =>
  isSecretOf(secret, (await kept(name))?.secretHash ?? '')
const jsonOf = ({ out }: CliResult) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  later(() => rm(made, { recursive: true }))
  return made
}

describe('device add', () => {
  test('shows the secret once, with settings and a header, and keeps its hash alone', async () => {
    const added = await command(['device', 'add', 'porch', '--label', 'On the porch', '--host', 'hub.local'])
    const secret = secretIn(added)
    expect(added.code).toBe(0)
    expect(added.out).toMatch(
      /^device {2}porch\nsecret {2}[0-9a-f]{32}\nhost {4}hub\.local\nport {4}1883\n\n\/\*/,
    )
    expect(added.out).toContain(`#define SLUICE_SECRET "${secret}"`)
    expect(added.out).not.toContain('█')
    expect(added.err).toContain('sluice device rotate porch')
    expect(added.err).not.toContain(secret)
    expect(await kept('porch')).toMatchObject({ role: 'device', label: 'On the porch', revokedAt: null })
    expect(await opens('porch', secret)).toBe(true)
    expect(JSON.stringify((await database.pool.query('SELECT * FROM credentials')).rows)).not.toContain(
      secret,
    )
  })

  test.each([
    ['esp-mqtt', '.credentials.authentication.password = "'],
    ['esphome', '  password: "'],
  ])('makes the sketch for %s when asked', async (sketch, before) => {
    const added = await command(`device add porch --sketch ${sketch} --type esp32`)
    expect(added.out).toContain(`${before}${secretIn(added)}"`)
    expect(await kept('porch')).toMatchObject({ type: 'esp32' })
  })

  test('shows a QR code in a terminal it fits into, and wherever it is asked for', async () => {
    const size = { columns: 120, rows: 60 }
    expect((await command('device add a', { size })).out).toContain('\u001b[38;5;231;48;5;16m█████')
    expect((await command('device add b', { size: { ...size, rows: 10 } })).out).not.toContain('█')
    expect((await command('device add c --qr')).out).toMatch(/\n\n█{30,}\n/)
  })

  test('for programs gives one line of JSON', async () => {
    const added = await command('device add porch --json --host 10.0.0.7')
    const [facts] = jsonOf(added)
    expect(facts).toEqual({
      id: 'porch',
      secret: expect.stringMatching(/^[0-9a-f]{32}$/),
      host: '10.0.0.7',
      port: 1883,
      url: 'mqtt://10.0.0.7:1883',
    })
    expect(await opens('porch', String(facts?.secret))).toBe(true)
  })

  test('of a name that is taken changes nothing, and names rotate', async () => {
    const secret = secretIn(await command('device add porch'))
    const again = await command('device add porch')
    expect(again).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('has a credential already'),
    })
    expect(again.err).toContain('sluice device rotate porch')
    expect(await opens('porch', secret)).toBe(true)
    await command('device revoke porch')
    expect((await command('device add porch')).err).toContain('that was revoked')
    await command('user add anna --role admin')
    expect(await command('device add anna')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the name anna is that of a user'),
    })
  })

  test('brings the tables into a database that has none', async () => {
    const empty = await freshDatabase()
    later(() => empty.drop())
    const env = { DATABASE_URL: empty.url }
    expect((await command('device ls', { env })).out).toBe('no device has a credential\n')
    expect((await command('device add porch --json', { env })).code).toBe(0)
    expect(jsonOf(await command('device ls --json', { env }))).toMatchObject([{ name: 'porch' }])
  })

  test('without a database that answers says so, without its password', async () => {
    const env = { DATABASE_URL: 'postgres://me:hidden@127.0.0.1:1/x' }
    const { code, out, err } = await command('device add porch', { env })
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('ECONNREFUSED')
    expect(err).not.toContain('hidden')
  })
})

describe('device add --file', () => {
  const many = async (text: string, more = ''): Promise<CliResult> => {
    const cwd = await folder()
    await writeFile(join(cwd, 'ids.txt'), text)
    return await command(`device add --file ids.txt${more}`, { cwd })
  }

  test('makes a credential for each line, and writes them as CSV in the order of the file', async () => {
    const { code, out, err } = await many('b1\na,"1"\nAA:BB:CC\n', ' --type probe')
    expect(code).toBe(0)
    expect(out).toMatch(/^id,secret\nb1,[0-9a-f]{32}\n"a,""1""",[0-9a-f]{32}\nAA:BB:CC,[0-9a-f]{32}\n$/)
    expect(err).toMatch(/^3 credentials made, of 3;/)
    const [, ...rows] = out.trimEnd().split('\n')
    expect(await opens('b1', rows[0]?.slice(-32) ?? '')).toBe(true)
    expect(await opens('a,"1"', rows[1]?.slice(-32) ?? '')).toBe(true)
    expect(await kept('AA:BB:CC')).toMatchObject({ type: 'probe' })
  })

  test('leaves those that are taken as they are, names them, and ends with 1', async () => {
    const secret = secretIn(await command('device add b2'))
    const { code, out, err } = await many('b1\nb2\nb3\n', ' --json')
    expect(code).toBe(1)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(['b1', 'b3'])
    expect(err).toContain('b2  is taken')
    expect(err).toContain('2 credentials made, of 3')
    expect(await opens('b2', secret)).toBe(true)
  })

  test('makes none when a line is no id, and none without the file', async () => {
    expect(await many('b1\nb/2\n')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('line 2'),
    })
    expect(await kept('b1')).toBeUndefined()
    expect(await command('device add --file none.txt', { cwd: '/' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot read none.txt'),
    })
  })
})

describe('user add', () => {
  test('shows the secret once, and where it is good', async () => {
    const added = await command('user add anna --role operator --host hub.local')
    expect(added.out).toMatch(
      /^user {5}anna\nrole {5}operator\nsecret {3}[0-9a-f]{32}\nhttp {5}http:\/\/hub\.local:3000\nmqtt {5}mqtt:\/\/hub\.local:1883\nbrowser {2}ws:\/\/hub\.local:3000\/mqtt\n$/,
    )
    expect(await opens('anna', secretIn(added))).toBe(true)
    expect(await kept('anna')).toMatchObject({ role: 'operator' })
    expect((await command('user add anna --role admin')).err).toContain('sluice user rotate anna')
    expect(jsonOf(await command('user add wall --role dashboard --json'))).toMatchObject([
      { name: 'wall', role: 'dashboard', secret: expect.any(String), mqtt: expect.any(String) },
    ])
  })
})

describe('ls', () => {
  test('lists devices or users by name, with their state, and no secret of any kind', async () => {
    await command(['device', 'add', 'zoo', '--label', 'x\u202ey', '--type', 'esp32'])
    await command('device add attic')
    await command('user add anna --role admin')
    await command('device revoke attic')
    const devices = (await command('device ls')).out.trimEnd().split('\n')
    expect(devices).toHaveLength(3)
    expect(devices[0]).toMatch(/^ID +LABEL +TYPE +CREATED +SECRET OF +STATE$/)
    expect(devices[1]).toMatch(/^attic +- +- .* revoked 20\d\d-/)
    expect(devices[2]).toMatch(/^zoo +x\\u\{202e\}y +esp32 .* good$/)
    expect((await command('user ls')).out).toMatch(/^NAME +ROLE .*\nanna +admin .* good\n$/)
    const listed = await command('device ls --json')
    expect(jsonOf(listed)[1]).toEqual({
      name: 'zoo',
      role: 'device',
      label: 'x\u202ey',
      type: 'esp32',
      createdAt: expect.stringMatching(/^20\d\d-.*Z$/),
      rotatedAt: expect.any(String),
      revokedAt: null,
    })
    expect(listed.out).not.toContain('scrypt')
  })
})

describe.each([
  ['device', 'device add it', 'user'],
  ['user', 'user add it --role operator', 'device'],
])('of a %s', (kind, add, other) => {
  test('rotate puts another secret in place of the old one, and makes a revoked one good again', async () => {
    const old = secretIn(await command(add))
    await command(`${kind} revoke it`)
    const rotated = await command(`${kind} rotate it`)
    expect(rotated.code).toBe(0)
    expect(rotated.err).toContain('good again')
    expect(await opens('it', secretIn(rotated))).toBe(true)
    expect(await opens('it', old)).toBe(false)
    expect((await kept('it'))?.revokedAt).toBeNull()
    const [facts] = jsonOf(await command(`${kind} rotate it --json`))
    expect(await opens('it', String(facts?.secret))).toBe(true)
  })

  test('revoke keeps the name taken; twice is as once', async () => {
    await command(add)
    expect(await command(`${kind} revoke it`)).toMatchObject({
      code: 0,
      out: expect.stringContaining('is revoked'),
    })
    const at = (await kept('it'))?.revokedAt
    expect(at).toEqual(expect.any(Number))
    expect((await command(`${kind} revoke it`)).out).toContain('was revoked already')
    expect((await kept('it'))?.revokedAt).toBe(at)
  })

  test('rm asks a person, or wants --yes', async () => {
    await command(add)
    expect(await command(`${kind} rm it`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('add --yes'),
    })
    expect(await command(`${kind} rm it`, { answer: 'no' })).toMatchObject({ code: 1, out: '' })
    expect(await kept('it')).toBeDefined()
    expect((await command(`${kind} rm it`, { answer: 'y' })).code).toBe(0)
    expect(await kept('it')).toBeUndefined()
    await command(add)
    expect((await command(`${kind} rm it --yes`)).code).toBe(0)
  })

  test('nothing is done to what is not there, or is of the other kind', async () => {
    for (const verb of ['rotate', 'revoke', 'rm']) {
      expect(await command(`${kind} ${verb} none`)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining(`there is no ${kind} none`),
      })
    }
    await command(add)
    const before = await kept('it')
    for (const verb of ['rotate', 'revoke', 'rm']) {
      expect((await command(`${other} ${verb} it`)).err).toContain(`it is no ${other}, but a ${kind}`)
    }
    expect(await kept('it')).toEqual(before)
  })
})

test('each change is told to who listens, by name', async () => {
  const listener = await database.pool.connect()
  const told: (string | undefined)[] = []
  listener.on('notification', ({ payload }) => told.push(payload))
  try {
    await listener.query('LISTEN sluice_credentials')
    for (const line of [
      'device add porch',
      'device rotate porch',
      'device revoke porch',
      'device rm porch --yes',
    ]) {
      expect((await command(line)).code).toBe(0)
    }
    await listener.query('SELECT')
    expect(told).toEqual(['porch', 'porch', 'porch', 'porch'])
  } finally {
    listener.release(true)
  }
})
