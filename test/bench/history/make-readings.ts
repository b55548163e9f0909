/**
 * The readings that are asked about: in the order of time, of all devices in turn, as a fleet would have sent them;
 * and their minutes and hours, made by the job that makes them in Sluice.
 */
import type pg from 'pg'
import { createPartitions } from '../../../bridge/stores/postgres-partitions.ts'
import { createRollups } from '../../../bridge/stores/rollups.ts'
import type { HistoryOptions } from './options.ts'
import { createProgress } from './progress.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const SLICE_ROWS = 100_000

/** $1 first row, $2 last, $3 first time in ms, $4 ms from row to row, $5 devices. */
const INSERT = `
  INSERT INTO sensor_data (device_id, boot, seq, ts, received_at, ts_source, temperature, humidity)
  SELECT 'esp32-' || lpad((n % $5)::text, 4, '0'), 'b000', n / $5, at, at + interval '40 ms', 'device',
    round((20 + 5 * sin(n / 2e5) + random())::numeric, 2), round((50 + 20 * cos(n / 3e5) + random())::numeric, 2)
  FROM generate_series($1::bigint, $2::bigint) AS n,
    LATERAL (SELECT to_timestamp(floor($3::float8 + n * $4::float8) / 1000.0::float8) AS at) AS time`

const insertAll = async (pool: pg.Pool, options: HistoryOptions, endsAt: number): Promise<void> => {
  const { rows, devices, days } = options
  const startsAt = endsAt - days * DAY_MS
  const partitions = createPartitions({ pool, clock: () => endsAt })
  await partitions.ensureFor(Array.from({ length: days + 1 }, (_, day) => startsAt + day * DAY_MS))
  const client = await pool.connect()
  const progress = createProgress('rows', rows)
  try {
    await client.query('SET synchronous_commit = off; SET statement_timeout = 0')
    for (let first = 0; first < rows; first += SLICE_ROWS) {
      const last = Math.min(rows, first + SLICE_ROWS) - 1
      await client.query(INSERT, [first, last, startsAt, (days * DAY_MS) / rows, devices])
      progress.show(last + 1)
    }
    progress.end()
  } finally {
    client.release(true)
  }
}

const rollUp = async (
  pool: pg.Pool,
  url: string,
  { days }: HistoryOptions,
  endsAt: number,
): Promise<void> => {
  const partitions = createPartitions({ pool, clock: () => endsAt })
  const rollups = createRollups({ partitions, monotonic: () => performance.now() }, { url })
  const progress = createProgress('hours made', days * 24)
  let looking = Promise.resolve()
  const look = async (): Promise<void> => {
    const { rows } = await pool.query<{ at: number }>(
      `SELECT date_part('epoch', minute_from) * 1000 AS at FROM rollup_state`,
    )
    progress.show(Math.max(0, Math.round((endsAt - (rows[0]?.at ?? endsAt)) / HOUR_MS)))
  }
  const timer = setInterval(() => {
    looking = look().catch(() => {})
  }, 1_000)
  try {
    await rollups.round()
  } finally {
    clearInterval(timer)
    await looking
    await rollups.stop()
  }
  progress.end()
}

export interface Made {
  readonly rows: number
  readonly devices: number
  /** Epoch ms: where the readings end. */
  readonly endsAt: number
}

const KEPT = 'SELECT rows::float8 AS rows, devices, ends_at::float8 AS "endsAt" FROM bench_history'

/** What is there already, else made now. */
export const makeReadings = async (pool: pg.Pool, url: string, options: HistoryOptions): Promise<Made> => {
  await pool.query('CREATE TABLE IF NOT EXISTS bench_history (rows bigint, devices integer, ends_at bigint)')
  const [kept] = (await pool.query<Made>(KEPT)).rows
  if (kept !== undefined) return kept
  // Whole hours, and none that is still going on: the job makes all of it.
  const endsAt = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  await insertAll(pool, options, endsAt)
  await rollUp(pool, url, options, endsAt)
  const client = await pool.connect()
  try {
    await client.query('SET statement_timeout = 0')
    for (const table of ['sensor_data', 'readings_minute', 'readings_hour', 'series'])
      await client.query(`VACUUM (ANALYZE) ${table}`)
  } finally {
    client.release(true)
  }
  const { rows, devices } = options
  await pool.query('INSERT INTO bench_history VALUES ($1, $2, $3)', [rows, devices, endsAt])
  return { rows, devices, endsAt }
}
