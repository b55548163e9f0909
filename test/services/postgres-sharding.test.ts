/**
 * Whether the statements of Sluice suit a table that is spread over servers by `device_id`, as Citus does it: a table
 * of the same columns, hashed into four parts by Postgres itself, each of them parted by month. Neither Citus nor
 * Timescale runs here.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { SENSOR_COLUMNS } from '../../bridge/core/copy-row.ts'
import { createPostgresHistory } from '../../bridge/stores/postgres-history.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { id } from '../contracts/sink-rows.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'

const SHARDS = [0, 1, 2, 3]
const MONTHS = ['2026_09', '2026_10', '2026_11']

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
  const next = (month: string): string => month.replace(/\d\d$/, (at) => `${Number(at) + 1}`)
  const dated = (month: string): string => `${month.replace('_', '-')}-01Z`
  const shards = SHARDS.map(
    (shard) => `
      CREATE TABLE sharded.shard_${shard} PARTITION OF sharded.sensor_data
        FOR VALUES WITH (MODULUS ${SHARDS.length}, REMAINDER ${shard}) PARTITION BY RANGE (ts);
      ${MONTHS.map(
        (month) => `CREATE TABLE sharded.shard_${shard}_${month} PARTITION OF sharded.shard_${shard}
          FOR VALUES FROM ('${dated(month)}') TO ('${dated(next(month))}');`,
      ).join('\n')}`,
  )
  await database.pool.query(`
    CREATE SCHEMA sharded;
    CREATE TABLE sharded.sensor_data (LIKE public.sensor_data INCLUDING DEFAULTS) PARTITION BY HASH (device_id);
    CREATE INDEX ON sharded.sensor_data (device_id, ts DESC);
    CREATE INDEX ON sharded.sensor_data (device_id, received_at DESC)
      WHERE received_at - ts > interval '1 minute' OR ts - received_at > interval '1 minute';
    ${shards.join('\n')}
    INSERT INTO sharded.sensor_data (device_id, ts, received_at, ts_source)
      SELECT 'd' || d, t, t, 'server' FROM generate_series(1, 40) AS d,
        generate_series('2026-09-01Z'::timestamptz, '2026-11-23Z', interval '1 hour') AS t;
    ANALYZE sharded.sensor_data`)
})
afterAll(() => database.drop())

/** The parts that were read, as `shard_2_2026_11`. */
const partsRead = async (
  run: (history: ReturnType<typeof createPostgresHistory>) => Promise<unknown>,
): Promise<readonly string[]> => {
  const url = new URL(database.url)
  url.searchParams.set('options', '-c search_path=sharded')
  const pool = createPostgresPool({ url: url.href, maxConnections: 1 })
  const plans: string[] = []
  try {
    const client = await pool.connect()
    client.on('notice', ({ message }) => plans.push(message ?? ''))
    await client.query(`LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
      SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off;
      SET auto_explain.log_level = 'notice'; SET client_min_messages = 'notice'`)
    client.release()
    await run(createPostgresHistory(pool))
  } finally {
    await pool.end()
  }
  const scans = plans.join('\n').matchAll(/Scan(?: using \w+)? on (shard_\d_\d{4}_\d\d)\b[^\n]*\(actual/g)
  return [...new Set(Array.from(scans, ([, part = '']) => part))].sort()
}

const shardOf = (part: string): string => part.slice(0, 'shard_0'.length)

test('the readings of a device are read from the one shard that has them', async () => {
  const parts = await partsRead((history) => history.recent(id('d7'), 50))
  expect(parts.length).toBeGreaterThan(0)
  expect(new Set(parts.map(shardOf)).size).toBe(1)
})

test('so is the newest reading of a device', async () => {
  const parts = await partsRead((history) => history.newest([id('d7')]))
  // Of each month the newest row: through the hash Postgres does not see that the last month comes first.
  expect(parts.map((part) => part.slice(-7))).toEqual(MONTHS)
  expect(new Set(parts.map(shardOf)).size).toBe(1)
})

test('no key of the table has to be unique beyond a device and a time', async () => {
  const { rows } = await database.pool.query<{ name: string; columns: string }>(`
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS columns
    FROM pg_index WHERE indrelid = 'public.sensor_data'::regclass`)
  expect(rows.map(({ name }) => name).sort()).toEqual(['sensor_data_device_ts', 'sensor_data_late'])
  for (const { columns } of rows) {
    expect(columns).not.toMatch(/UNIQUE/)
    expect(columns).toMatch(/\(device_id, (ts|received_at) DESC\)/)
  }
})

test('a row names its shard and its time: both are among the columns that are copied, and never null', async () => {
  expect(SENSOR_COLUMNS).toEqual(expect.arrayContaining(['device_id', 'ts']))
  const { rows } = await database.pool.query<{ name: string }>(`
    SELECT attname AS name FROM pg_attribute
    WHERE attrelid = 'public.sensor_data'::regclass AND attnotnull AND attnum > 0`)
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['device_id', 'ts']))
})
