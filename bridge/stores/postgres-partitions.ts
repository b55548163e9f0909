/**
 * The monthly partitions of `sensor_data`: made ahead of need, on demand for any other month, dropped
 * whole when every row in them is over the age to keep. A partition is made apart and then attached,
 * which lets reads and COPYs of the table go on; creating it in place would wait for all of them.
 */
import type pg from 'pg'
import { type Month, monthOf, monthsAhead, parsePartitionName } from '../core/partition.ts'
import type { Clock, Lifecycle } from '../ports.ts'
import { createDailyRound, type DailyRoundOptions } from './daily-round.ts'
import { readError } from './postgres-errors.ts'

export interface PartitionsOptions extends DailyRoundOptions {
  /** 0, the default: keep for ever. */
  readonly retentionDays?: number
}

/**
 * All methods throw STORE_UNAVAILABLE and may be called again. `start` makes the coming months ready and
 * drops those over the age to keep, then does so every day.
 */
export interface Partitions extends Lifecycle {
  /** Makes the partitions of the current month and the `months` after it (default 2), where missing. */
  ensureAhead(months?: number): Promise<void>
  /** Makes the partitions that rows of these times (epoch ms) need, where missing. */
  ensureFor(times: Iterable<number>): Promise<void>
  /** Drops partitions that end at or before now minus `days`; 0 drops none. Returns their names. */
  dropOlderThan(days: number): Promise<readonly string[]>
}

const DAY_MS = 86_400_000

/** Any number: names the lock under which one process at a time makes or drops partitions. */
const LOCK = 5_817_204_461

/** Upkeep stands back for a long transaction rather than make every later query of the table queue up. */
const LOCK_TIMEOUT = '5s'

const ATTACHED = `
  SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'sensor_data'::regclass`

const attachedNames = async (db: pg.Pool | pg.PoolClient): Promise<ReadonlySet<string>> => {
  const { rows } = await db.query<{ name: string }>(ATTACHED)
  return new Set(rows.map((row) => row.name))
}

const underLock = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`)
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    const result = await work(client)
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    const rolledBack = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    )
    client.release(!rolledBack)
    throw error
  }
}

/** A day as SQL literal; without its zone the session's would apply. */
const midnight = (day: string): string => `'${day}T00:00:00Z'`

/** IF NOT EXISTS: a table of that name that was once detached by hand is attached again. */
const createPartition = async (client: pg.PoolClient, month: Month): Promise<void> => {
  if ((await attachedNames(client)).has(month.name)) return // another process was quicker
  await client.query(`CREATE TABLE IF NOT EXISTS ${month.name} (LIKE sensor_data INCLUDING DEFAULTS)`)
  await client.query(
    `ALTER TABLE sensor_data ATTACH PARTITION ${month.name} FOR VALUES FROM (${midnight(month.from)}) TO (${midnight(month.to)})`,
  )
}

const ensure = async (pool: pg.Pool, months: readonly Month[]): Promise<void> => {
  try {
    const attached = await attachedNames(pool)
    for (const month of months) {
      if (!attached.has(month.name)) await underLock(pool, (client) => createPartition(client, month))
    }
  } catch (error) {
    throw readError(error, 'Making partitions of sensor_data')
  }
}

/** Drops what ends at or before `oldest`. One transaction each: the whole table is locked meanwhile. */
const dropBefore = async (pool: pg.Pool, oldest: number): Promise<readonly string[]> => {
  const isOld = (name: string): boolean => {
    const month = parsePartitionName(name)
    return month !== undefined && Date.parse(month.to) <= oldest
  }
  try {
    const old = [...(await attachedNames(pool))].filter(isOld).sort()
    for (const name of old) await underLock(pool, (client) => client.query(`DROP TABLE IF EXISTS ${name}`))
    return old
  } catch (error) {
    throw readError(error, 'Dropping old partitions of sensor_data')
  }
}

/** The months of these times, each once. A time beyond the year 9999 has none; Postgres refuses its row. */
const monthsOf = (times: Iterable<number>): readonly Month[] => {
  const months = new Map<string, Month>()
  for (const time of times) {
    const month = monthOf(time)
    if (parsePartitionName(month.name) !== undefined) months.set(month.name, month)
  }
  return [...months.values()]
}

/** See the head of this file. */
export const createPartitions = (
  deps: { readonly pool: pg.Pool; readonly clock: Clock },
  options: PartitionsOptions = {},
): Partitions => {
  const { pool, clock } = deps
  const ensureAhead = (months = 2): Promise<void> => ensure(pool, monthsAhead(clock(), months))
  const dropOlderThan = async (days: number): Promise<readonly string[]> =>
    days <= 0 ? [] : dropBefore(pool, clock() - days * DAY_MS)
  const upkeep = async (): Promise<void> => {
    await ensureAhead()
    await dropOlderThan(options.retentionDays ?? 0)
  }
  return {
    ensureAhead,
    ensureFor: (times) => ensure(pool, monthsOf(times)),
    dropOlderThan,
    ...createDailyRound(upkeep, options),
  }
}
