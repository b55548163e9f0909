/** Questions and exports by whoever means harm, or has odd names, on a server with settings of its own. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { readingOf } from '../contracts/sink-rows.ts'
import { linesOf, useHistoryFacade } from '../support/history-facade.ts'
import { insertReadings, rollUpTo } from '../support/range-tables.ts'

const HOUR = 3_600_000
/** Clocks go back in Berlin an hour before. */
const T = Date.UTC(2026, 9, 25, 2)
const RANGE = `from=${T - 2 * HOUR}&to=${T + 2 * HOUR}`

const there = useHistoryFacade((url) => {
  const odd = new URL(url)
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
  return odd.href
})
beforeAll(async () => {
  await there().database.partitions.ensureFor([T])
  await there().database.partitions.ensureFor([T], 'readings_minute')
})

const enc = encodeURIComponent
const exported = async (query: string): Promise<readonly Record<string, unknown>[]> => {
  const { status, text } = await there().get(`${RANGE}&format=ndjson&${query}`)
  expect(status).toBe(200)
  return linesOf(text)
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
    await insertReadings(there().database, [
      readingOf(name, { ts: T, temperature: 1 }),
      readingOf('other', { ts: T }),
    ])
    const answer = await there().get(`${RANGE}&deviceId=${enc(name)}&metric=temperature`)
    expect(answer.json).toMatchObject({ series: fits ? [{ deviceId: name, value: [1] }] : [] })
    if (!fits) return
    expect(await exported(`deviceId=${enc(name)}`)).toMatchObject([{ deviceId: name, temperature: 1 }])
    const csv = await there().get(`${RANGE}&format=csv&deviceId=${enc(name)}`)
    expect(csv.text.split('\n')).toHaveLength(3)
    const after = enc(`${name},${new Date(T).toISOString()},1`)
    expect(await exported(`deviceId=${enc(name)}&after=${after}`)).toEqual([])
  })

  test.each([...ODD, 'deviceId', 'ts', 'custom'])('so is the metric %j', async (name) => {
    const custom = JSON.parse(`{${JSON.stringify(name)}: 7}`)
    await insertReadings(there().database, [readingOf('a', { ts: T, custom })])
    const answer = await there().get(`${RANGE}&deviceId=a&metric=${enc(name)}`)
    expect(answer.json).toMatchObject({ series: [{ metric: name, value: [7] }] })
    const all = (await there().get(`${RANGE}&deviceId=a`)).json
    expect(all).toMatchObject({ series: [{ metric: name, value: [7] }] })
    const [row] = await exported(`deviceId=a&metric=${enc(name)}`)
    if (!['deviceId', 'ts'].includes(name)) expect(Object.entries(row ?? {})).toContainEqual([name, 7])
  })

  test.each(['a%00b', 'a\u0000', '%ff', '\ud800'])(
    'a device that cannot be, %j, has nothing',
    async (name) => {
      const device = name.includes('%') ? name : enc(name.replace('\ud800', '\ufffd'))
      const { status } = await there().get(`${RANGE}&deviceId=${device}`)
      expect([200, 400]).toContain(status)
      const csv = await there().get(`${RANGE}&format=csv&deviceId=${device}`)
      expect([200, 400]).toContain(csv.status)
    },
  )

  test.each(['m%00', '%00'])('the metric %s, which cannot be, is a 400', async (metric) => {
    await insertReadings(there().database, [readingOf('a', { ts: T, temperature: 1 })])
    for (const format of ['json', 'csv', 'ndjson']) {
      const { status } = await there().get(`${RANGE}&deviceId=a&format=${format}&metric=${metric}`)
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
    await insertReadings(there().database, [
      readingOf('a', { ts: T, temperature: 1 }),
      readingOf('a', { ts: T + 1, temperature: 1 }),
    ])
    for (const format of ['json', 'csv', 'ndjson']) {
      const { status, text } = await there().get(`deviceId=a&${query}&format=${format}`)
      expect([200, 400, text]).toContain(status)
    }
  })
})

test('a session in another zone, with other forms of times and numbers, gives the same answer', async () => {
  const rows = Array.from({ length: 48 }, (_, n) =>
    readingOf('a', { ts: T - 2 * HOUR + n * 300_000, temperature: 0.1 + n / 3, boot: 'b\\n' }),
  )
  await insertReadings(there().database, rows)
  const told = async (points: number) =>
    (await there().get(`${RANGE}&deviceId=a&metric=temperature&points=${points}`)).json
  expect(await told(100)).toMatchObject({
    series: [{ t: rows.map(({ ts }) => ts), value: rows.map(({ temperature }) => temperature) }],
  })
  const raw = (await told(4)) as { series: object[] }
  await rollUpTo(there().database, {
    minuteFrom: Number.NEGATIVE_INFINITY,
    minuteTo: T + HOUR,
    hourTo: T + HOUR,
  })
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
    there().database,
    values.map((temperature, n) => readingOf('a', { ts: T + n, temperature, custom: { x: temperature } })),
  )
  const answer = await there().get(`${RANGE}&deviceId=a&metric=temperature&metric=x`)
  const plain = values.map((value) => value + 0)
  expect(answer.json).toMatchObject({ series: [{ value: plain }, { metric: 'x' }] })
  const buckets = await there().get(`${RANGE}&deviceId=a&metric=temperature&metric=x&points=1`)
  expect(buckets.json).toMatchObject({
    series: [{ count: [9], min: [-9.99e299], max: [9.99e299] }, { count: [9] }],
  })
  expect((await exported('deviceId=a&metric=temperature')).map(({ temperature }) => temperature)).toEqual(
    plain,
  )
})
