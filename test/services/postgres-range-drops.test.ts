/** Questions that meet the job in the middle of dropping: each is answered as if it had come before or after. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresRange, type PostgresRangeOptions } from '../../bridge/stores/postgres-range.ts'
import { id, readingOf } from '../contracts/sink-rows.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { type MigratedDatabase, migratedDatabase, numberOf } from '../support/postgres-stores.ts'
import { emptyRangeTables, insertReadings, rollUpTo } from '../support/range-tables.ts'

const HOUR = 3_600_000
const NOVEMBER = Date.UTC(2026, 10, 1)
const OCTOBER = Date.UTC(2026, 9, 1)

const cleanup = useCleanups()
let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database?.drop())
beforeEach(async () => {
  for (const table of ['sensor_data', 'readings_minute'] as const)
    await database.partitions.ensureFor([OCTOBER], table)
  await emptyRangeTables(database)
  await insertReadings(
    database,
    Array.from({ length: 24 }, (_, n) => readingOf('a', { ts: NOVEMBER - n * 600_000 - 1, temperature: n })),
  )
  const all = { minuteFrom: Number.NEGATIVE_INFINITY, minuteTo: NOVEMBER, hourTo: NOVEMBER }
  await rollUpTo(database, all)
})

const QUERY = {
  deviceIds: [id('a')],
  metrics: ['temperature'],
  from: NOVEMBER - 4 * HOUR,
  to: NOVEMBER,
  points: 4,
}

const rangeOf = (options: PostgresRangeOptions = {}) => {
  const pool = createPostgresPool({ url: database.url, maxConnections: 1 })
  cleanup(() => pool.end())
  return createPostgresRange(pool, options)
}

const WAITING = `
  SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

/** Asks while these statements are done and not committed; the answer comes afterwards. */
const askBeside = async (...statements: readonly string[]): Promise<unknown> => {
  const range = rangeOf()
  // The connection and its plans are of before.
  await range.read(QUERY)
  const other = await database.pool.connect()
  cleanup(() => other.release())
  await other.query(`BEGIN; ${statements.join(';')}`)
  const answer = range.read(QUERY)
  await eventually(async () => (await numberOf(database, WAITING)) > 0)
  await other.query('COMMIT')
  return answer
}

const DROP_OCTOBER = [
  'LOCK TABLE ONLY sensor_data IN ACCESS EXCLUSIVE MODE',
  `INSERT INTO dropped_months (month) VALUES ('2026_10')`,
  'DROP TABLE sensor_data_2026_10',
]
const WHOLE = {
  series: [{ bucketMs: HOUR, source: 'hour', count: [6, 6, 6, 6], max: [23, 17, 11, 5] }],
}

describe('a question that nobody waits for any more', () => {
  const asking = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice'
    AND state <> 'idle' AND pid <> pg_backend_pid()`

  test('ends in Postgres at once, whatever it is at, and the next one is answered', async () => {
    const range = rangeOf({ timeoutMs: 0 })
    await database.pool.query(`
      ALTER TABLE rollup_state RENAME TO held;
      CREATE VIEW rollup_state AS SELECT held.* FROM held CROSS JOIN pg_sleep(600)`)
    const hangUp = new AbortController()
    const answer = range.read(QUERY, hangUp.signal)
    const queued = range.read(QUERY, hangUp.signal)
    const ended = Promise.allSettled([answer, queued])
    await eventually(async () => (await numberOf(database, asking)) > 0)
    hangUp.abort()
    for (const { status, reason } of (await ended) as PromiseRejectedResult[])
      expect([status, reason.code]).toEqual(['rejected', 'STOPPING'])
    expect(await numberOf(database, asking)).toBe(0)
    await database.pool.query('DROP VIEW rollup_state; ALTER TABLE held RENAME TO rollup_state')
    expect(await range.read(QUERY)).toMatchObject({ series: [{ count: [6, 6, 6, 6] }] })
  })

  test('is not asked at all when it hung up before', async () => {
    await expect(rangeOf().read(QUERY, AbortSignal.abort())).rejects.toMatchObject({ code: 'STOPPING' })
  })
})

describe('a question that waits for a drop', () => {
  test('of a month of readings finds it in the hours', async () => {
    expect(await askBeside(...DROP_OCTOBER)).toMatchObject(WHOLE)
  })

  test('of a month of minutes finds it in the hours', async () => {
    await database.pool.query(DROP_OCTOBER.join(';'))
    const drop = [
      'UPDATE dropped_months SET minutes_dropped_at = now()',
      'DROP TABLE readings_minute_2026_10',
    ]
    expect(await askBeside(...drop)).toMatchObject(WHOLE)
  })

  test('of rows that were added to the hours meanwhile finds them there, once', async () => {
    await database.pool.query(`${DROP_OCTOBER.join(';')};
      CREATE TABLE sensor_data_2026_10_late (LIKE sensor_data);
      INSERT INTO sensor_data_2026_10_late (device_id, ts, received_at, ts_source, temperature)
        VALUES ('a', '2026-10-31T23:30Z', now(), 'device', 100);
      INSERT INTO late_months (name, month) VALUES ('sensor_data_2026_10_late', '2026_10')`)
    const answer = await askBeside(
      'LOCK TABLE sensor_data_2026_10_late IN ACCESS EXCLUSIVE MODE',
      `UPDATE readings_hour SET count = count + 1, sum = sum + 100, max = 100 WHERE start = '2026-10-31T23:00Z'`,
      'DROP TABLE sensor_data_2026_10_late',
      'DELETE FROM late_months',
    )
    expect(answer).toMatchObject({ series: [{ count: [6, 6, 6, 7], max: [23, 17, 11, 100] }] })
  })
})
