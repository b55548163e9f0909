/** Questions and exports by whoever means harm, or has odd names, on a server with settings of its own. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPostgresExport } from '../../bridge/stores/postgres-export.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresRange } from '../../bridge/stores/postgres-range.ts'
import { createFacade, type Facade } from '../../src/facade/index.ts'
import { readingOf } from '../contracts/sink-rows.ts'
import { createFacadeWorld, FACADE_OPTIONS } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'
import { emptyRangeTables, insertReadings, rollUpTo } from '../support/range-tables.ts'

const HOUR = 3_600_000
/** Clocks go back in Berlin an hour before. */
const T = Date.UTC(2026, 9, 25, 2)
const RANGE = `from=${T - 2 * HOUR}&to=${T + 2 * HOUR}`

let database: MigratedDatabase
let pool: ReturnType<typeof createPostgresPool>
let facade: Facade
let url: string
beforeAll(async () => {
  database = await migratedDatabase()
  await database.partitions.ensureFor([T])
  await database.partitions.ensureFor([T], 'readings_minute')
  const odd = new URL(database.url)
  const settings = [
    'TimeZone=Europe/Berlin',
    'DateStyle=German',
    'IntervalStyle=sql_standard',
    'standard_conforming_strings=off',
    'backslash_quote=on',
    'escape_string_warning=off',
    'extra_float_digits=0',
    'bytea_output=escape',
    'search_path=public',
  ]
  odd.searchParams.set('options', settings.map((setting) => `-c ${setting}`).join(' '))
  pool = createPostgresPool({ url: odd.href })
  const exports = createPostgresExport(pool, { url: odd.href })
  facade = createFacade(
    { ...createFacadeWorld().deps, exports, ranges: createPostgresRange(pool) },
    FACADE_OPTIONS,
  )
  const { host, port } = await facade.start()
  url = `http://${host}:${port}/api/v1/history`
})
afterAll(async () => {
  await facade?.stop()
  await pool?.end()
  await database?.drop()
})
beforeEach(() => emptyRangeTables(database))

const get = (query: string) => exchange(`${url}?${query}`)
const enc = encodeURIComponent
const exported = async (query: string): Promise<readonly Record<string, unknown>[]> => {
  const { status, text } = await get(`${RANGE}&format=ndjson&${query}`)
  expect(status).toBe(200)
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

const ODD = [
  `'; DROP TABLE sensor_data; --`,
  `\\'; DROP TABLE sensor_data; --`,
  `\\`,
  `a\\nb`,
  `"q"`,
  'x$$',
  'é\u2028 \u{1f600}',
  '%s%%',
  '__proto__',
  '{x}',
]

describe('names that are more than names', () => {
  test.each(ODD)('the device %j is asked for and exported as what it is', async (name) => {
    const fits = !name.startsWith('$')
    await insertReadings(database, [
      readingOf(name, { ts: T, temperature: 1 }),
      readingOf('other', { ts: T }),
    ])
    const answer = await get(`${RANGE}&deviceId=${enc(name)}&metric=temperature`)
    expect(answer.json).toMatchObject({ series: fits ? [{ deviceId: name, value: [1] }] : [] })
    if (!fits) return
    expect(await exported(`deviceId=${enc(name)}`)).toMatchObject([{ deviceId: name, temperature: 1 }])
    const csv = await get(`${RANGE}&format=csv&deviceId=${enc(name)}`)
    expect(csv.text.split('\n')).toHaveLength(3)
    const after = enc(`${name},${new Date(T).toISOString()},1`)
    expect(await exported(`deviceId=${enc(name)}&after=${after}`)).toEqual([])
  })

  test.each([...ODD, 'deviceId', 'ts', 'custom'])('so is the metric %j', async (name) => {
    const custom = JSON.parse(`{${JSON.stringify(name)}: 7}`)
    await insertReadings(database, [readingOf('a', { ts: T, custom })])
    const answer = await get(`${RANGE}&deviceId=a&metric=${enc(name)}`)
    expect(answer.json).toMatchObject({ series: [{ metric: name, value: [7] }] })
    const all = (await get(`${RANGE}&deviceId=a`)).json
    expect(all).toMatchObject({ series: [{ metric: name, value: [7] }] })
    const [row] = await exported(`deviceId=a&metric=${enc(name)}`)
    if (!['deviceId', 'ts'].includes(name)) expect(Object.entries(row ?? {})).toContainEqual([name, 7])
  })

  test.each(['a%00b', 'a\u0000', '%ff', '\ud800'])(
    'a device that cannot be, %j, has nothing',
    async (name) => {
      const device = name.includes('%') ? name : enc(name.replace('\ud800', '\ufffd'))
      const { status } = await get(`${RANGE}&deviceId=${device}`)
      expect([200, 400]).toContain(status)
      const csv = await get(`${RANGE}&format=csv&deviceId=${device}`)
      expect([200, 400]).toContain(csv.status)
    },
  )

  test.each(['m%00', '%00'])('the metric %s, which cannot be, is a 400', async (metric) => {
    await insertReadings(database, [readingOf('a', { ts: T, temperature: 1 })])
    for (const format of ['json', 'csv', 'ndjson']) {
      const { status } = await get(`${RANGE}&deviceId=a&format=${format}&metric=${metric}`)
      expect([format, status]).toEqual([format, 400])
    }
  })
})

describe('times at the ends of time', () => {
  test.each([
    'from=-1000y',
    'from=0&to=now',
    'from=0000-01-01T00:00:00Z',
    'from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z',
    'from=1970-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z&points=5000',
    'from=-1&to=1',
    'from=-8640000000000000&to=8640000000000000',
    'from=-99999999999999999999y',
    'from=NaN',
    'from=1e30',
    'from=-100000w&points=1',
    'to=%2B275760-09-13T00:00:00.000Z',
    'from=-271821-04-20T00:00:00.000Z',
  ])('%s is an answer or a 400', async (query) => {
    await insertReadings(database, [
      readingOf('a', { ts: T, temperature: 1 }),
      readingOf('a', { ts: T + 1, temperature: 1 }),
    ])
    for (const format of ['json', 'csv', 'ndjson']) {
      const { status, text } = await get(`deviceId=a&${query}&format=${format}`)
      expect([200, 400, text]).toContain(status)
    }
  })
})

test('a session in another zone, with other forms of times and numbers, gives the same answer', async () => {
  const rows = Array.from({ length: 48 }, (_, n) =>
    readingOf('a', { ts: T - 2 * HOUR + n * 300_000, temperature: 0.1 + n / 3, boot: 'b\\n' }),
  )
  await insertReadings(database, rows)
  const told = async (points: number) =>
    (await get(`${RANGE}&deviceId=a&metric=temperature&points=${points}`)).json
  expect(await told(100)).toMatchObject({
    series: [{ t: rows.map(({ ts }) => ts), value: rows.map(({ temperature }) => temperature) }],
  })
  const raw = (await told(4)) as { series: object[] }
  await rollUpTo(database, { minuteFrom: Number.NEGATIVE_INFINITY, minuteTo: T + HOUR, hourTo: T + HOUR })
  const made = (await told(4)) as { series: object[] }
  expect(raw).toMatchObject({ series: [{ bucketMs: HOUR, count: [12, 12, 12, 12] }] })
  const { avg: _, ...rest } = raw.series[0] as { avg: unknown }
  expect(made.series[0]).toMatchObject({ ...rest, source: 'hour' })
  expect(await exported('deviceId=a')).toMatchObject(
    rows.map(({ ts, temperature }) => ({ ts: new Date(ts).toISOString(), temperature, boot: 'b\\n' })),
  )
})

test('numbers at the ends of what a double holds are themselves', async () => {
  const values = [
    -0,
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    9.99e299,
    -9.99e299,
    0.1,
    1 / 3,
    123456789.12345679,
  ]
  await insertReadings(
    database,
    values.map((temperature, n) => readingOf('a', { ts: T + n, temperature, custom: { x: temperature } })),
  )
  const answer = await get(`${RANGE}&deviceId=a&metric=temperature&metric=x`)
  const plain = values.map((value) => value + 0)
  expect(answer.json).toMatchObject({ series: [{ value: plain }, { metric: 'x' }] })
  const buckets = await get(`${RANGE}&deviceId=a&metric=temperature&metric=x&points=1`)
  expect(buckets.json).toMatchObject({
    series: [{ count: [9], min: [-9.99e299], max: [9.99e299] }, { count: [9] }],
  })
  expect((await exported('deviceId=a&metric=temperature')).map(({ temperature }) => temperature)).toEqual(
    plain,
  )
})
