/** What is over its time goes by whole partitions, and nothing that was counted is counted again or forgotten. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RetentionDays } from '../../bridge/core/retention.ts'
import type { Partitions } from '../../bridge/stores/postgres-partitions.ts'
import { createPostgresSink } from '../../bridge/stores/postgres-sink.ts'
import { createStorageReader } from '../../bridge/stores/postgres-storage.ts'
import { batchOf, readingOf } from '../contracts/sink-rows.ts'
import { openRollupWorld, type RollupWorld } from '../support/rollup-world.ts'

const NOW = Date.UTC(2026, 10, 23, 12, 0, 30)
const DAY = 86_400_000
const JANUARY = Date.UTC(2026, 0, 10, 7, 30)
const KEEP: RetentionDays = { sensor_data: 90, readings_minute: 730, readings_hour: 0 }

let world: RollupWorld
beforeAll(async () => {
  world = await openRollupWorld()
})
afterAll(() => world.end())
beforeEach(async () => {
  await world.dropPartitions()
  await world.reset(NOW)
})

const at = (ts: number, temperature = 1, deviceId = 'a') =>
  readingOf(deviceId, { ts, temperature, custom: { x: temperature } })

const partitionsOf = async (table: string): Promise<readonly string[]> => {
  const { rows } = await world.pool.query(
    `SELECT replace(inhrelid::regclass::text, $1::text || '_', '') AS name FROM pg_inherits
     WHERE inhparent = $1::regclass ORDER BY 1`,
    [table],
  )
  return rows.map(({ name }) => name)
}
const rowsOf = async (sql: string): Promise<readonly unknown[]> => (await world.pool.query(sql)).rows
const dropped = () => rowsOf('SELECT month FROM dropped_months ORDER BY 1')

/** Minutes or hours of all devices by time: what there is to read of a dropped month. */
const made = (unit: 'minute' | 'hour') =>
  rowsOf(`
    SELECT device_id AS d, metric AS m, extract(epoch FROM start)::float8 * 1000 AS start, count, sum, min, max, last, last_ms
    FROM readings_${unit} JOIN series ON id = series ORDER BY 1, 2, 3`)

describe('a month of readings that is over its time', () => {
  test('is dropped once its minutes and hours are made, which stay', async () => {
    await world.store('s', [at(JANUARY), at(NOW - 91 * DAY), at(NOW - 80 * DAY)])
    await world.rollups({ retention: KEEP }).round()
    expect(await dropped()).toEqual([{ month: '2026_01' }])
    expect(await partitionsOf('sensor_data')).not.toContain('2026_01')
    expect(await partitionsOf('readings_minute')).toContain('2026_01')
    expect(await made('hour')).toHaveLength(6)
    expect(await rowsOf('SELECT FROM sensor_data')).toHaveLength(2)
  })

  test('is kept for ever where 0 is set', async () => {
    await world.store('s', [at(Date.UTC(2001, 0, 1))])
    await world
      .rollups({ retention: { ...KEEP, sensor_data: 0, readings_minute: 1, readings_hour: 1 } })
      .round()
    expect(await dropped()).toEqual([])
    expect(await made('minute')).toHaveLength(2)
    expect(await world.allDifferences()).toEqual([])
  })

  test('is not dropped while somebody reads, who is not held up for long either', async () => {
    await world.store('s', [at(JANUARY)])
    const reader = await world.pool.connect()
    await reader.query('BEGIN; SELECT count(*) FROM sensor_data')
    const rollups = world.rollups({ retention: KEEP })
    await expect(rollups.round()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await dropped()).toEqual([])
    await reader.query('COMMIT')
    reader.release()
    await rollups.round()
    expect(await dropped()).toEqual([{ month: '2026_01' }])
  })

  test('is not dropped over a batch under way: what it stores is made first', async () => {
    await world.store('s', [at(JANUARY)])
    const rollups = world.rollups({ retention: KEEP })
    const end = await world.begin('s', [at(JANUARY + 1, 5)])
    await expect(rollups.round()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await end()
    await rollups.round()
    expect(await dropped()).toEqual([{ month: '2026_01' }])
    expect(await made('hour')).toMatchObject([
      { count: 2, sum: 6 },
      { count: 2, sum: 6 },
    ])
  })
})

describe('minutes and hours that are over their time', () => {
  test('go by month and by year, minutes never before their readings nor hours before their minutes', async () => {
    await world.store('s', [at(Date.UTC(2021, 5, 1)), at(Date.UTC(2022, 5, 1)), at(JANUARY)])
    const rollups = world.rollups({
      retention: { sensor_data: 90, readings_minute: 1, readings_hour: 1_000 },
    })
    await rollups.round()
    await rollups.round()
    expect(await partitionsOf('readings_minute')).not.toEqual(expect.arrayContaining(['2026_01']))
    expect(await partitionsOf('readings_hour')).toEqual(expect.arrayContaining(['2026']))
    expect((await partitionsOf('readings_hour'))[0]).toBe('2026')
    const { rows } = await world.pool.query(
      'SELECT month, minutes_dropped_at IS NOT NULL AS minutes FROM dropped_months ORDER BY 1',
    )
    expect(rows).toEqual(['2021_06', '2022_06', '2026_01'].map((month) => ({ month, minutes: true })))
    await world.store('s', [at(JANUARY + 1, 7)])
    await rollups.round()
    expect(await made('minute')).toEqual([])
    expect(await made('hour')).toMatchObject([
      { count: 2, sum: 8 },
      { count: 2, sum: 8 },
    ])
  })
})

describe('readings for a month that was dropped', () => {
  test('keep the partition that was made for them until they are in it', async () => {
    await world.store('s', [at(JANUARY)])
    const rollups = world.rollups({ retention: KEEP })
    await rollups.round()
    expect(await dropped()).toEqual([{ month: '2026_01' }])
    const ensureFor: Partitions['ensureFor'] = async (...asked) => {
      await world.partitions.ensureFor(...asked)
      await rollups.round().catch(() => {})
    }
    const sink = createPostgresSink({ partitions: { ensureFor } }, { url: world.url })
    try {
      const readings = [at(JANUARY + 1, 5)]
      expect(await sink.store(batchOf('other', 0, 1, { readings }))).toMatchObject({ readings: 1 })
    } finally {
      await sink.close()
    }
    await rollups.round()
    expect(await made('hour')).toMatchObject([
      { count: 2, sum: 6 },
      { count: 2, sum: 6 },
    ])
  })

  const late = fc.record({
    device: fc.constantFrom('a', 'b'),
    after: fc.oneof(fc.nat(2 * 60_000), fc.nat(20 * DAY), fc.constantFrom(0, 3_600_000)),
    value: fc.integer({ min: -8, max: 8 }).map((n) => n / 4),
  })
  const batches = fc.array(
    fc.record({ readings: fc.array(late, { minLength: 1, maxLength: 6 }), fails: fc.boolean() }),
    { minLength: 1, maxLength: 4 },
  )

  test('are in its minutes and hours exactly once, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(late, { maxLength: 6 }), batches, async (first, later) => {
        let received = 0
        const readings = (some: typeof first) =>
          some.map(({ device, after, value }) => ({
            ...at(Math.floor((JANUARY + after) / 1_000) * 1_000, value, device),
            receivedAt: NOW + received++,
          }))
        const all = [readings(first), ...later.map((batch) => readings(batch.readings))]
        // The same in a table that nothing was dropped from.
        await world.reset(NOW)
        await world.store('s', all.flat())
        await world.rollups().round()
        const expected = [await made('minute'), await made('hour')]

        await world.dropPartitions()
        await world.reset(NOW)
        await world.store('s', [at(JANUARY - DAY, 1, 'c'), ...(all[0] ?? [])])
        const rollups = world.rollups({ retention: KEEP })
        await rollups.round()
        expect(await dropped()).toEqual([{ month: '2026_01' }])
        for (const [i, { fails }] of later.entries()) {
          await world.store('s', all[i + 1] ?? [])
          await world.setFailing(fails)
          await rollups.round().catch(() => {})
          await world.setFailing(false)
        }
        await rollups.round()
        await world.pool.query(
          `DELETE FROM readings_minute USING series WHERE id = series AND device_id = 'c'`,
        )
        await world.pool.query(`DELETE FROM readings_hour USING series WHERE id = series AND device_id = 'c'`)
        expect([await made('minute'), await made('hour')]).toEqual(expected)
        expect(await partitionsOf('sensor_data')).not.toContain('2026_01')
        expect(await rowsOf('SELECT FROM late_months')).toEqual([])
        expect(await rowsOf('SELECT FROM rollup_marks')).toEqual([])
      }),
      { numRuns: Number(process.env.RUNS ?? 8) },
    )
  }, 120_000)
})

test('sizes, oldest partitions and next drops are told, and how far the rollups are', async () => {
  await world.store('s', [at(JANUARY)])
  const read = createStorageReader(world.pool, KEEP)
  expect((await read()).rollups).toEqual({ behindMs: 30_000, marks: 1 })
  await world.rollups().round()
  const { tables, rollups } = await read()
  expect(rollups).toEqual({ behindMs: 30_000, marks: 0 })
  const month = { oldest: Date.UTC(2026, 0, 1), bytes: expect.any(Number), partitions: expect.any(Number) }
  expect(tables).toEqual([
    { ...month, table: 'raw', retentionDays: 90, nextDropAt: Date.UTC(2026, 1, 1) + 90 * DAY },
    { ...month, table: 'minute', retentionDays: 730, nextDropAt: Date.UTC(2026, 1, 1) + 730 * DAY },
    { ...month, table: 'hour', retentionDays: 0, nextDropAt: null },
  ])
  for (const { bytes } of tables) expect(bytes).toBeGreaterThan(8_000)
})
