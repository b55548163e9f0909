import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RangeQuery, RangeSeries } from '../../bridge/core/range.ts'
import type { Reading } from '../../bridge/core/reading.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresRange } from '../../bridge/stores/postgres-range.ts'
import { id, readingOf } from '../contracts/sink-rows.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'
import { expectedOf } from '../support/range-oracle.ts'
import { emptyRangeTables, insertReadings, markHours, rollUpTo } from '../support/range-tables.ts'

const START = Date.UTC(2026, 10, 1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const LENGTH = 8 * HOUR

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())

// Eighths of small numbers: their sums are exact in whatever order.
const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -80, max: 800 }).map((n) => n / 8) },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(1e300, -1e305, 0) },
)
const custom = fc.option(
  fc.dictionary(
    fc.constantFrom('rpm', 'p 1', '__proto__', 'temperature'),
    fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom<(string | boolean | null)[]>('7', true, null)),
  ),
)
// Bursts: many readings in few minutes, and some of the same time.
const time = fc
  .tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 59 }))
  .chain(([hour, minute, second]) =>
    fc.constantFrom(0, 1, 999).map((ms) => START + hour * HOUR + minute * MINUTE + second * 1_000 + ms),
  )
const reading = fc
  .record({
    device: fc.constantFrom('a', 'b'),
    ts: time,
    delay: fc.constantFrom(0, 1, 40 * MINUTE),
    seq: fc.option(fc.integer({ min: 0, max: 3 })),
    fields: fc.record({ temperature: value, humidity: value, co2Level: value, custom }),
    lightLevel: fc.option(fc.integer({ min: 0, max: 4095 })),
  })
  .map(({ device, ts, delay, seq, fields, lightLevel }) =>
    readingOf(device, { ts, receivedAt: ts + delay, seq, ...fields, lightLevel } as Partial<Reading>),
  )

const minute = fc.integer({ min: 0, max: LENGTH / MINUTE }).map((n) => START + n * MINUTE)
const made = fc.record({
  minuteFrom: fc.oneof(minute, fc.constant(Number.NEGATIVE_INFINITY)),
  minuteTo: minute,
  hoursBehind: fc.integer({ min: 0, max: 3 }),
})
const edge = fc.oneof(
  minute,
  fc.integer({ min: 0, max: LENGTH }).map((ms) => START + ms),
)
const question = fc
  .record({
    edges: fc.tuple(edge, edge),
    points: fc.constantFrom(1, 2, 5, 30, 500),
    metrics: fc.option(fc.uniqueArray(fc.constantFrom('temperature', 'lightLevel', 'rpm', 'p 1', 'none')), {
      nil: undefined,
    }),
    deviceIds: fc.constantFrom(['a'], ['b', 'a']),
  })
  .map(
    ({ edges, points, metrics, deviceIds }): RangeQuery => ({
      ...{ from: Math.min(...edges), to: Math.max(...edges) + 1, points },
      deviceIds: deviceIds.map(id),
      metrics: metrics?.length === 0 ? undefined : metrics,
    }),
  )

/** -0 and 0 are one number in an answer. */
const plain = (series: unknown): unknown => JSON.parse(JSON.stringify(series))

test('whatever is rolled up, marked or late, the answer is that of the raw rows', async () => {
  const pool = createPostgresPool({ url: database.url, maxConnections: 1 })
  const range = createPostgresRange(pool)
  const sources = new Set<string>()
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(reading, { maxLength: 90 }),
        fc.array(reading, { maxLength: 6 }),
        made,
        fc.array(question, { minLength: 6, maxLength: 6 }),
        async (onTime, late, state, questions) => {
          const minuteTo = Math.max(state.minuteTo, state.minuteFrom)
          const hourTo = Math.floor(minuteTo / HOUR - state.hoursBehind) * HOUR
          await emptyRangeTables(database)
          await insertReadings(database, onTime)
          await rollUpTo(database, { minuteFrom: state.minuteFrom, minuteTo, hourTo })
          await insertReadings(database, late)
          await markHours(
            database,
            late.filter(({ ts }) => ts < minuteTo),
          )
          for (const asked of questions) {
            const answer = await range.read(asked)
            expect(answer.ok).toBe(true)
            const { series } = answer as { series: readonly RangeSeries[] }
            const told = series.map(({ source, gapMs, ...rest }) => {
              sources.add(source)
              return rest
            })
            expect(plain(told)).toEqual(plain(expectedOf(asked, [...onTime, ...late])))
          }
        },
      ),
      { numRuns: 60 },
    )
  } finally {
    await pool.end()
  }
  expect(sources).toEqual(new Set(['raw', 'minute', 'hour']))
}, 120_000)
