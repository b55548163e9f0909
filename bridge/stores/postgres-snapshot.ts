/**
 * Several reads of one moment of the tables of readings. The locks are taken before the snapshot: a partition that
 * is dropped is there for all of these reads, or for none and known as dropped.
 */
import type pg from 'pg'
import { BridgeError } from '../core/errors.ts'
import { readError, sqlstateOf } from './postgres-errors.ts'

const QUERY_CANCELED = '57014'
const LOCK_TIMEOUT_MS = 5_000

/**
 * One plan for all questions, by the index of the device: with parameters in hand the planner would look at each of
 * the partitions anew for every question, which takes longer than most of them do.
 */
const SETTINGS = `
  SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off; SET LOCAL enable_seqscan = off;
  SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL max_parallel_workers_per_gather = 0;
  SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`

/**
 * Buckets are gathered in a hash table: sorting the rows by bucket first takes a third of the time of a question, and
 * is what the planner would choose, which takes ten stretches for granted and few rows in each.
 */
const NO_SORT = 'SET LOCAL enable_sort = off'

const TABLES = 'ONLY sensor_data, ONLY readings_minute, ONLY readings_hour'

/** Begins the transaction; `timeoutMs` is for each statement of it, 0: none; `more` are further settings. */
export const beginSnapshot = async (client: pg.ClientBase, timeoutMs: number, more = ''): Promise<void> => {
  await client.query(
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${Math.trunc(timeoutMs)};
     ${SETTINGS}; ${more}; LOCK TABLE ${TABLES} IN ACCESS SHARE MODE`,
  )
}

/** The error of a read over a range: TIMEOUT when it was cut off, else STORE_UNAVAILABLE. */
export const rangeError = (error: unknown, doing: string): BridgeError =>
  sqlstateOf(error) === QUERY_CANCELED
    ? new BridgeError('TIMEOUT', `${doing} took too long`, { cause: error })
    : readError(error, doing)

/** Runs `work` in such a transaction, which is still open afterwards: `endSnapshot`. */
export const inSnapshot = async <T>(
  client: pg.ClientBase,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> => {
  await beginSnapshot(client, timeoutMs, NO_SORT)
  return work()
}

/** Ends the transaction and gives the connection back; nobody need wait for it who has the answer. Never throws. */
export const endSnapshot = async (client: pg.PoolClient): Promise<void> => {
  try {
    await client.query('COMMIT')
    client.release()
  } catch {
    client.release(true)
  }
}
