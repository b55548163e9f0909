import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresRange } from '../../bridge/stores/postgres-range.ts'
import { rangeReaderContract } from '../contracts/range-reader.ts'
import { id, readingOf } from '../contracts/sink-rows.ts'
import { useCleanups } from '../support/cleanups.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'
import { emptyRangeTables, insertReadings, rollUpTo } from '../support/range-tables.ts'

const cleanup = useCleanups()
let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
  for (const table of ['sensor_data', 'readings_minute'] as const)
    await database.partitions.ensureFor([Date.UTC(2026, 8), Date.UTC(2026, 9)], table)
})
afterAll(() => database.drop())
beforeEach(() => emptyRangeTables(database))

rangeReaderContract('Postgres', async () => {
  const pool = createPostgresPool({ url: database.url })
  return {
    range: createPostgresRange(pool),
    store: (readings) => insertReadings(database, readings),
    cleanup: () => pool.end(),
  }
})

const rangeOf = (options: Parameters<typeof createPostgresRange>[1] = {}, maxConnections = 2) => {
  const pool = createPostgresPool({ url: database.url, maxConnections })
  cleanup(() => pool.end())
  return createPostgresRange(pool, options)
}

const HOUR = 3_600_000
const NOVEMBER = Date.UTC(2026, 10, 1)
const query = { deviceIds: [id('a')], metrics: ['temperature'], points: 2 }

describe('what was dropped', () => {
  /** A reading every ten minutes from September on; the rows of both months are dropped, and the minutes of September. */
  const dropAll = async () => {
    const start = Date.UTC(2026, 8, 30, 20)
    const rows = Array.from({ length: 33 * 24 * 6 }, (_, n) =>
      readingOf('a', { ts: start + n * 600_000, temperature: n }),
    )
    await insertReadings(database, rows)
    await rollUpTo(database, {
      minuteFrom: Number.NEGATIVE_INFINITY,
      minuteTo: NOVEMBER + HOUR,
      hourTo: NOVEMBER + HOUR,
    })
    await database.pool.query(`
      DELETE FROM sensor_data WHERE ts < '2026-11-01Z';
      INSERT INTO dropped_months (month, minutes_dropped_at) VALUES ('2026_09', now()), ('2026_10', NULL)`)
    return rows
  }

  test('is read from minutes, and with what came for it since', async () => {
    const rows = await dropAll()
    const late = readingOf('a', { ts: NOVEMBER - HOUR, temperature: -5 })
    await insertReadings(database, [late])
    const answer = await rangeOf().read({ ...query, from: NOVEMBER - 2 * HOUR, to: NOVEMBER + HOUR })
    const inRange = [...rows, late].filter(({ ts }) => ts >= NOVEMBER - 2 * HOUR && ts < NOVEMBER + HOUR)
    expect(answer).toMatchObject({
      series: [
        { bucketMs: 2 * HOUR, source: 'hour', count: [inRange.length - 6, 6], min: [-5, expect.any(Number)] },
      ],
    })
  })

  test('is read with what is being added to it, of the devices whose turn has not come', async () => {
    await dropAll()
    const ts = NOVEMBER - HOUR
    await database.pool.query(`
      CREATE TABLE sensor_data_2026_10_late (LIKE sensor_data);
      INSERT INTO sensor_data_2026_10_late (device_id, ts, received_at, ts_source, temperature, custom)
        VALUES ('a', '${new Date(ts).toISOString()}', now(), 'device', 1e6, '{"rpm": 7}');
      INSERT INTO late_months (name, month) VALUES ('sensor_data_2026_10_late', '2026_10')`)
    cleanup(() => database.pool.query('DROP TABLE sensor_data_2026_10_late; DELETE FROM late_months'))
    const asked = { ...query, metrics: undefined, from: ts - HOUR, to: NOVEMBER }
    expect(await rangeOf().read(asked)).toMatchObject({
      series: [
        { metric: 'temperature', count: [6, 7], max: [expect.any(Number), 1e6] },
        { metric: 'rpm', count: [1], source: 'raw' },
      ],
    })
    await database.pool.query(`UPDATE late_months SET device_id = 'a'`)
    expect(await rangeOf().read(asked)).toMatchObject({ series: [{ count: [6, 6] }] })
  })

  test('makes buckets as wide as what is left, where minutes are gone hours', async () => {
    await dropAll()
    const october = await rangeOf().read({
      ...query,
      points: 500,
      from: NOVEMBER - HOUR,
      to: NOVEMBER - HOUR / 2,
    })
    expect(october).toMatchObject({
      series: [
        { bucketMs: 60_000, source: 'minute', count: [1, ...Array(9).fill(0), 1, ...Array(9).fill(0), 1] },
      ],
    })
    await database.pool.query(`DELETE FROM readings_minute WHERE start < '2026-10-01Z'`)
    const from = Date.UTC(2026, 8, 30, 21)
    const september = await rangeOf().read({ ...query, points: 500, from, to: from + 2 * HOUR })
    expect(september).toMatchObject({ series: [{ bucketMs: HOUR, source: 'hour', count: [6, 6] }] })
  })
})

describe('a question that cannot be answered', () => {
  test('is TIMEOUT when it takes too long, and the next one is answered', async () => {
    const range = rangeOf({ timeoutMs: 1 }, 1)
    const rows = Array.from({ length: 20_000 }, (_, n) =>
      readingOf('a', { ts: NOVEMBER + n * 100, temperature: n }),
    )
    await insertReadings(database, rows)
    const asked = { ...query, from: NOVEMBER, to: NOVEMBER + HOUR }
    await expect(range.read(asked)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(await rangeOf().read(asked)).toMatchObject({ ok: true })
  })

  test('is BUSY when too many wait', async () => {
    const pool = createPostgresPool({ url: database.url, maxConnections: 1 })
    cleanup(() => pool.end())
    const range = createPostgresRange(pool, { maxRunning: 1, maxWaiting: 1 })
    const held = await pool.connect()
    const waiting = [range.read({ ...query, from: 0, to: 1 }), range.read({ ...query, from: 0, to: 1 })]
    await expect(range.read({ ...query, from: 0, to: 1 })).rejects.toMatchObject({ code: 'BUSY' })
    held.release()
    expect(await Promise.all(waiting)).toMatchObject([{ ok: true }, { ok: true }])
  })

  test('is STORE_UNAVAILABLE without a Postgres', async () => {
    const pool = createPostgresPool({ url: 'postgres://127.0.0.1:1/none' })
    cleanup(() => pool.end())
    const asked = createPostgresRange(pool).read({ ...query, from: 0, to: 1 })
    await expect(asked).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})
