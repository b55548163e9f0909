import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { T } from '../contracts/sink-rows.ts'
import { useCleanups } from '../support/cleanups.ts'
import { type CliOptions, sluice } from '../support/cli.ts'
import { bury } from '../support/dead-letters.ts'
import { type MigratedDatabase, migratedDatabase, numberOf } from '../support/postgres-stores.ts'

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE sensor_data, dead_letters, device_boots, replayed_readings RESTART IDENTITY',
  )
})
const later = useCleanups()

const NOW = T + 86_400_000
const dlq = (line: string, options: CliOptions = {}) =>
  sluice(['dlq', ...line.split(' ')], { env: { DATABASE_URL: database.url }, now: NOW, ...options })
const jsonOf = (out: string): readonly unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
const listed = async (line: string): Promise<readonly unknown[]> =>
  jsonOf((await dlq(`list ${line} --json`)).out).map((letter) => (letter as { id: number }).id)
const LETTERS = 'SELECT count(*) FROM dead_letters'

/** Letters 1 … 4. */
const four = () =>
  bury(database, [
    { payload: '{"temperature":20}', receivedAt: T },
    {
      payload: '{"temperature":"warm"}',
      receivedAt: T + 1_000,
      deviceId: 'porch',
      detail: `cold\u001b[2J${'!'.repeat(200)}`,
    },
    {
      payload: new Uint8Array([0xff, 0xd8, 0]),
      receivedAt: T + 2_000,
      topic: 'cameras/a/frame',
      reason: 'not-a-jpeg',
    },
    {
      payload: '{"a":',
      receivedAt: NOW - 60_000,
      deviceId: null,
      topic: 'sensors//data',
      reason: 'bad-device-id',
    },
  ])

describe('dlq list', () => {
  test('shows the newest first, each on one line that no board can break', async () => {
    await four()
    const { code, out, err } = await dlq('list')
    expect([code, err]).toEqual([0, ''])
    const lines = out.trimEnd().split('\n')
    expect(lines.map((line) => line.trim().split(/ +/)[0])).toEqual(['ID', '4', '3', '2', '1'])
    expect(lines[2]).toContain(
      '2026-11-23T03:37:14.345Z  a       cameras/a/frame     not-a-jpeg         3  refused by',
    )
    expect(lines[3]).toContain('cold\\u{1b}[2J!!!')
    expect(lines[3]).toMatch(/!…$/)
  })

  test('narrows by device, reason and time, and turns pages by id', async () => {
    await four()
    expect(await listed('--device porch')).toEqual([2])
    expect(await listed('--reason bad-value')).toEqual([2, 1])
    expect(await listed('--since 2h')).toEqual([4])
    expect(await listed('--since 2026-11-23T03:37:14Z')).toEqual([4, 3])
    expect(await listed('--limit 3')).toEqual([4, 3, 2])
    expect(await listed('--limit 3 --before 2')).toEqual([1])
    expect((await dlq('list --limit 3')).err).toBe('older ones: --before 2\n')
    expect((await dlq('list --device nobody')).out).toBe('no dead letters\n')
  })

  test('for programs gives every field but the payload, whole', async () => {
    await four()
    const [letter] = jsonOf((await dlq('list --json --device porch')).out)
    expect(letter).toEqual({
      id: 2,
      receivedAt: '2026-11-23T03:37:13.345Z',
      topic: 'sensors/porch/data',
      clientId: 'client',
      deviceId: 'porch',
      reason: 'bad-value',
      detail: `cold\u001b[2J${'!'.repeat(200)}`,
      bytes: 22,
    })
  })

  test('with --count tells how many there are of each reason', async () => {
    await four()
    const { out } = await dlq('list --count')
    expect(out).toMatch(/^REASON +COUNT +BYTES +OLDEST +NEWEST\nbad-value +2 +40 +2026-11-23T03:37:12\.345Z/)
    expect(out).toMatch(/\n4 dead letters\n$/)
    expect(jsonOf((await dlq('list --count --json --since 2h')).out)).toEqual([
      { reason: 'bad-device-id', count: 1, bytes: 5, oldest: expect.any(String), newest: expect.any(String) },
    ])
    expect((await dlq('list --count --reason none')).out).toBe('0 dead letters\n')
  })
})

describe('dlq show', () => {
  test('shows a payload as text when it is some, else as a hex dump', async () => {
    await four()
    expect((await dlq('show 2')).out).toMatch(/^id {6}2\n[\s\S]*\nbytes {3}22\n\n{"temperature":"warm"}\n$/)
    expect((await dlq('show 3')).out).toContain('\n\n00000000  ff d8 00  ')
    expect(jsonOf((await dlq('show 3 --json')).out)).toMatchObject([{ encoding: 'base64', payload: '/9gA' }])
    expect(jsonOf((await dlq('show 2 --json')).out)).toMatchObject([{ encoding: 'utf8', bytes: 22 }])
  })

  test('with --raw writes the bytes that came, and nothing else', async () => {
    await four()
    expect((await dlq('show 3 --raw')).bytes).toEqual(Buffer.from([0xff, 0xd8, 0]))
  })

  test('of an id that is none fails', async () => {
    expect(await dlq('show 77')).toMatchObject({
      code: 1,
      out: '',
      err: 'sluice: there is no dead letter 77\n',
    })
  })
})

describe('dlq replay', () => {
  test('tells of each letter what became of it, and of all together', async () => {
    await four()
    const would = await dlq('replay --all --dry-run')
    expect(would.out).toContain('1  would be moved (1 reading)\n')
    expect(await numberOf(database, LETTERS)).toBe(4)
    const { code, out } = await dlq('replay --all')
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      '1  moved (1 reading)',
      '2  still refused (bad-value: temperature must be a finite number or null, not the text "warm")',
      '3  not a reading topic (cameras/a/frame)',
      expect.stringMatching(/^4 {2}still refused \(bad-device-id: /),
      '1 dead letter moved (1 reading), 2 still refused, 1 on other topics',
      '',
    ])
    expect(await numberOf(database, LETTERS)).toBe(3)
  })

  test('of ids that are not there does the others, says so, and ends with 1', async () => {
    await four()
    const { code, out, err } = await dlq('replay 1 77 --json')
    expect(code).toBe(1)
    expect(jsonOf(out)).toEqual([
      { id: 1, deviceId: 'a', topic: 'sensors/a/data', outcome: 'moved', readings: 1, known: 0 },
    ])
    expect(err).toMatch(/^1 dead letter moved .*\n77 {2}no such dead letter/)
  })
})

describe('dlq purge', () => {
  test('deletes what is meant and tells how many', async () => {
    await four()
    expect(await dlq('purge --before 1h --yes')).toMatchObject({ code: 0, out: '3 dead letters deleted\n' })
    expect(await listed('--limit 9')).toEqual([4])
    expect((await dlq('purge 4 5 --yes')).out).toBe('1 dead letter deleted\n')
    expect((await dlq('purge --all --yes')).out).toBe('no dead letters\n')
  })

  test('asks a person, and deletes nothing without a yes', async () => {
    await four()
    for (const answer of ['', 'n', 'yesterday']) {
      expect(await dlq('purge --all', { answer })).toMatchObject({
        code: 1,
        err: 'Delete 4 dead letters for good? [y/N] nothing was deleted\n',
      })
    }
    expect(await numberOf(database, LETTERS)).toBe(4)
    expect(await dlq('purge --reason bad-value', { answer: 'Yes' })).toMatchObject({
      code: 0,
      out: '2 dead letters deleted\n',
    })
  })

  test('with nobody to ask wants --yes', async () => {
    await four()
    expect(await dlq('purge --all')).toMatchObject({ code: 1, err: expect.stringContaining('add --yes') })
    expect(await numberOf(database, LETTERS)).toBe(4)
  })

  test('deletes more than one page', async () => {
    await database.pool.query(`
      INSERT INTO dead_letters (received_at, topic, reason, detail, payload)
      SELECT now(), '', 'bad-json', '', '' FROM generate_series(1, 12000)`)
    expect((await dlq('purge --all --yes')).out).toBe('12000 dead letters deleted\n')
  })
})

describe('the database', () => {
  const folder = async (): Promise<string> => {
    const made = await mkdtemp(join(tmpdir(), 'sluice-test-'))
    later(() => rm(made, { recursive: true }))
    return made
  }

  test('is that of DATA_DIR when DATABASE_URL is unset', async () => {
    await four()
    const cwd = await folder()
    await writeFile(join(cwd, 'postgres.url'), `${database.url}\n`)
    expect((await dlq('list', { env: { DATA_DIR: '.' }, cwd })).out).toContain('sensors/porch/data')
  })

  test('of a DATA_DIR where Sluice has never run is missed by name', async () => {
    const cwd = await folder()
    const { code, err } = await dlq('list', { env: {}, cwd })
    expect(code).toBe(1)
    expect(err).toContain(`there is no ${join(cwd, 'data/postgres.url')}: `)
    expect(err).toContain('DATABASE_URL')
  })

  test('that does not run is told of, with what to do and without its password', async () => {
    const cwd = await folder()
    await writeFile(join(cwd, 'postgres.url'), 'postgres://sluice:hidden@127.0.0.1:1/sluice\n')
    const embedded = await dlq('list', { env: { DATA_DIR: '.' }, cwd })
    expect(embedded).toMatchObject({
      code: 1,
      err: expect.stringContaining('start Sluice with this DATA_DIR'),
    })
    const own = await dlq('list', { env: { DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/x' } })
    expect(own).toMatchObject({ code: 1, err: expect.stringContaining('ECONNREFUSED') })
    expect(embedded.err + own.err).not.toContain('hidden')
  })

  test('without tables says that no migration ran', async () => {
    const url = new URL(database.url)
    url.pathname = '/postgres'
    const { code, err } = await dlq('list', { env: { DATABASE_URL: url.href } })
    expect(code).toBe(1)
    expect(err).toContain('the migrations did not run')
    expect(err).not.toContain(url.password || 'postgres://')
  })
})
