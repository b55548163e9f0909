/**
 * The partitions of the tables of readings: made ahead of need, and on demand for any other time. A partition is made
 * apart and then attached, which lets reads and COPYs of the table go on; creating it in place would wait for all of
 * them. Dropping them: rollup-retention.ts.
 */
import type pg from 'pg'
import {
  type Partition,
  type PartitionedTable,
  parsePartitionName,
  partitionOf,
  partitionsAhead,
  TABLES,
} from '../core/partition.ts'
import type { Clock, Lifecycle } from '../ports.ts'
import { createDailyRound, type DailyRoundOptions } from './daily-round.ts'
import { readError, sqlstateOf } from './postgres-errors.ts'

/**
 * All methods throw STORE_UNAVAILABLE and may be called again. `start` makes the coming months ready, then does so
 * every day.
 */
export interface Partitions extends Lifecycle {
  /** Makes the partitions of the current month and the `months` after it (default 2), where missing. */
  ensureAhead(months?: number): Promise<void>
  /** Makes the partitions that rows of these times (epoch ms) need, where missing; of `sensor_data` unless said. */
  ensureFor(times: Iterable<number>, table?: PartitionedTable): Promise<void>
}

/** Any number: names the lock under which one process at a time makes or drops partitions. */
const LOCK = 5_817_204_461

/** Takes that lock until the end of the transaction. */
export const LOCK_PARTITIONS = `SELECT pg_advisory_xact_lock(${LOCK})`

/**
 * No partition of readings is taken away from now to the end of the transaction. Others store meanwhile, and partitions
 * are made: those that rows need are made under it, or one could be gone again before the rows come.
 */
export const KEEP_PARTITIONS = 'LOCK TABLE ONLY sensor_data IN ROW EXCLUSIVE MODE'

/** Upkeep stands back for a long transaction rather than make every later query of the table queue up. */
const LOCK_TIMEOUT = '5s'

const ATTACHED = `
  SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = $1::regclass ORDER BY relname`

/** Names of the partitions that the table has now, other tables that were attached by hand among them. */
export const attachedNames = async (
  db: pg.Pool | pg.ClientBase,
  table: PartitionedTable,
): Promise<readonly string[]> => {
  const { rows } = await db.query<{ name: string }>(ATTACHED, [table])
  return rows.map(({ name }) => name)
}

const underLock = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`)
    await client.query(LOCK_PARTITIONS)
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

const OVERLAPS = '42P17'

/** A day as SQL literal; without its zone the session's would apply. */
const midnight = (day: string): string => `'${day}T00:00:00Z'`

/** IF NOT EXISTS: a table of that name that was once detached by hand is attached again. */
const createPartition = async (
  client: pg.PoolClient,
  table: PartitionedTable,
  { name, from, to }: Partition,
): Promise<void> => {
  if ((await attachedNames(client, table)).includes(name)) return // another process was quicker
  await client.query(`CREATE TABLE IF NOT EXISTS ${name} (LIKE ${table} INCLUDING DEFAULTS)`)
  await client.query(
    `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${midnight(from)}) TO (${midnight(to)})`,
  )
}

const ensure = async (
  pool: pg.Pool,
  table: PartitionedTable,
  partitions: readonly Partition[],
): Promise<void> => {
  try {
    const attached = new Set(await attachedNames(pool, table))
    for (const partition of partitions) {
      if (attached.has(partition.name)) continue
      await underLock(pool, (client) => createPartition(client, table, partition)).catch((error) => {
        // One that was made by hand, under a name of its own, holds these times.
        if (sqlstateOf(error) !== OVERLAPS) throw error
      })
    }
  } catch (error) {
    throw readError(error, `Making partitions of ${table}`)
  }
}

/** The partitions of these times, each once. A time beyond the year 9999 has none; Postgres refuses its row. */
const partitionsOf = (table: PartitionedTable, times: Iterable<number>): readonly Partition[] => {
  const found = new Map<string, Partition>()
  for (const time of times) {
    const partition = partitionOf(table, time)
    if (parsePartitionName(table, partition.name) !== undefined) found.set(partition.name, partition)
  }
  return [...found.values()]
}

/** See the head of this file. */
export const createPartitions = (
  { pool, clock }: { readonly pool: pg.Pool; readonly clock: Clock },
  options: DailyRoundOptions = {},
): Partitions => {
  const ensureAhead = async (months = 2): Promise<void> => {
    for (const table of TABLES) await ensure(pool, table, partitionsAhead(table, clock(), months))
  }
  return {
    ensureAhead,
    ensureFor: (times, table = 'sensor_data') => ensure(pool, table, partitionsOf(table, times)),
    ...createDailyRound(ensureAhead, options),
  }
}
