import { Client } from 'pg'
import { type AckedRange, monotonicMs } from './jobs.ts'

const POLL_MS = 10
/** The rows are given up when the cursor stands still for this long: above the drain's longest retry delay. */
const STALL_MS = 45_000
/** The cursor moves in the COPY's own transaction, so this only covers the poll's own race. */
const VISIBLE_WITHIN_MS = 2000

export interface RowCheck {
  readonly acked: number
  readonly rows: number
  /** Acked readings that are no row. */
  readonly missing: number
  /** Rows beyond the first of the same (device, boot, seq). */
  readonly duplicates: number
}

export interface CursorWait {
  readonly reached: boolean
  /** Monotonic ms when the cursor was last seen to move. */
  readonly movedAt: number
}

/** What Sluice stored, read past Sluice: straight from its Postgres. */
export interface Rows {
  /** The drain's cursor: how many rows it has ever stored. */
  cursor(): Promise<number>
  /** Waits until the cursor is at `target`, or stands still for too long. */
  waitForCursor(target: number): Promise<CursorWait>
  count(boot: string): Promise<number>
  check(boot: string, acked: readonly AckedRange[]): Promise<RowCheck>
  close(): Promise<void>
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const CURSOR = 'SELECT coalesce(sum("offset"), 0)::float8 AS at FROM ingest_cursor'

const COUNT = 'SELECT count(*)::float8 AS n FROM sensor_data WHERE boot = $1'

const CHECK = `
WITH acked AS (
  SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS a (device_id, first, last)
), stored AS (
  SELECT device_id, seq, count(*) AS n FROM sensor_data WHERE boot = $1 GROUP BY device_id, seq
)
SELECT
  (SELECT coalesce(sum(last - first + 1), 0) FROM acked)::float8 AS acked,
  (SELECT coalesce(sum(n), 0) FROM stored)::float8 AS rows,
  (SELECT coalesce(sum(n - 1), 0) FROM stored)::float8 AS duplicates,
  (SELECT count(*) FROM stored s JOIN acked a ON a.device_id = s.device_id AND s.seq BETWEEN a.first AND a.last)::float8
    AS found`

export const openRows = async (databaseUrl: string): Promise<Rows> => {
  const client = new Client({ connectionString: databaseUrl, application_name: 'bench' })
  client.on('error', () => {}) // a lost connection shows in the next query
  await client.connect()

  const one = async <R extends object>(sql: string, values: readonly unknown[] = []): Promise<R> => {
    const { rows } = await client.query<R>(sql, [...values])
    const [row] = rows
    if (row === undefined) throw new Error('a query of the bench gave no row')
    return row
  }
  const cursor = async (): Promise<number> => (await one<{ at: number }>(CURSOR)).at

  const waitForCursor = async (target: number): Promise<CursorWait> => {
    let seen = -1
    let movedAt = monotonicMs()
    while (monotonicMs() - movedAt < STALL_MS) {
      const at = await cursor()
      if (at !== seen) movedAt = monotonicMs()
      if (at >= target) return { reached: true, movedAt }
      seen = at
      await pause(POLL_MS)
    }
    return { reached: false, movedAt }
  }

  const checkOnce = async (boot: string, acked: readonly AckedRange[]): Promise<RowCheck> => {
    const columns = [acked.map((a) => a.deviceId), acked.map((a) => a.first), acked.map((a) => a.last)]
    const found = await one<RowCheck & { found: number }>(CHECK, [boot, ...columns])
    return {
      acked: found.acked,
      rows: found.rows,
      missing: found.acked - found.found,
      duplicates: found.duplicates,
    }
  }
  const check = async (boot: string, acked: readonly AckedRange[]): Promise<RowCheck> => {
    const giveUpAt = monotonicMs() + VISIBLE_WITHIN_MS
    for (;;) {
      const result = await checkOnce(boot, acked)
      if (result.missing === 0 || monotonicMs() > giveUpAt) return result
      await pause(100)
    }
  }

  return {
    cursor,
    waitForCursor,
    count: async (boot) => (await one<{ n: number }>(COUNT, [boot])).n,
    check,
    close: () => client.end(),
  }
}
