/**
 * History from a read replica of Postgres, so that reads of long ranges leave the primary alone. A replica lags
 * behind, and readings that left memory because Postgres has them must not be missing from an answer: so the replica
 * is asked first how far it has this process' spool (its cursor moves in one transaction with the rows). When it is
 * not as far as the primary was told to be, or away, the primary answers, and that is counted.
 *
 * What other processes stored may be as late as the replica is.
 */
import type pg from 'pg'
import type { Reading } from '../core/reading.ts'
import { type RetryPolicy, retryDelay } from '../core/retry.ts'
import type { Clock, HistoryReader, ReadingSink } from '../ports.ts'
import { createPostgresHistory } from './postgres-history.ts'

/** How far this process knows a spool to be stored. */
export interface StoredTo {
  readonly spoolId: string
  readonly offset: number
}

/** Why the primary answered. `unknown`: it was not known yet how far the spool is stored. */
export type ReplicaFallback = 'lagging' | 'unavailable' | 'unknown'

export interface ReplicaHistoryDeps {
  readonly primary: HistoryReader
  /** Of the replica. Each read takes one connection: behind it there may be several servers. */
  readonly pool: pg.Pool
  readonly storedTo: () => StoredTo | undefined
  readonly clock: Clock
  readonly random: () => number
  /** Told for every read that the primary answered although a replica is there. */
  readonly onFallback: (why: ReplicaFallback, error?: unknown) => void
}

export interface ReplicaHistory extends HistoryReader {
  /** Reads since the start, by who answered and why. */
  readonly reads: () => Readonly<Record<'replica' | ReplicaFallback, number>>
}

/** Every reader would wait for the attempt to connect: seldom. */
const AWAY: RetryPolicy = { minDelayMs: 500, maxDelayMs: 10_000 }

const READ_CURSOR = 'SELECT "offset"::double precision AS "offset" FROM ingest_cursor WHERE spool_id = $1'

/** A sink that remembers how far it has stored; to be used in the place of `sink`. */
export const noteStored = (
  sink: ReadingSink,
): { readonly sink: ReadingSink; readonly storedTo: () => StoredTo | undefined } => {
  let stored: StoredTo | undefined
  return {
    sink: {
      cursor: async (spoolId) => {
        const cursor = await sink.cursor(spoolId)
        stored = { spoolId, offset: cursor?.offset ?? 0 }
        return cursor
      },
      store: async (batch) => {
        const result = await sink.store(batch)
        // Before the drain hears of it, and lets go of what it held in memory.
        stored = { spoolId: batch.spoolId, offset: batch.to }
        return result
      },
    },
    storedTo: () => stored,
  }
}

const cursorOn = async (client: pg.PoolClient, spoolId: string): Promise<number> => {
  const { rows } = await client.query<{ offset: number }>({
    name: 'replica-cursor',
    text: READ_CURSOR,
    values: [spoolId],
  })
  return rows[0]?.offset ?? 0
}

/** Reads readings back. Both methods throw STORE_UNAVAILABLE when neither the replica nor the primary answers. */
export const createReplicaHistory = (deps: ReplicaHistoryDeps): ReplicaHistory => {
  const { primary, pool, storedTo, clock, random, onFallback } = deps
  const reads = { replica: 0, lagging: 0, unavailable: 0, unknown: 0 }
  let failures = 0
  let awayUntil = 0

  const fallBack = (why: ReplicaFallback, error?: unknown): undefined => {
    reads[why] += 1
    onFallback(why, error)
  }

  const isAway = (): boolean => {
    const left = awayUntil - clock()
    // More than any delay: the clock was set back.
    return failures > 0 && left > 0 && left <= AWAY.maxDelayMs
  }

  const onReplica = async (
    needed: StoredTo,
    ask: (history: HistoryReader) => Promise<readonly Reading[]>,
  ): Promise<readonly Reading[] | undefined> => {
    const client = await pool.connect()
    let broken = true
    try {
      // First the cursor: what is there by then is there for the read as well.
      const isThere = (await cursorOn(client, needed.spoolId)) >= needed.offset
      const found = isThere ? await ask(createPostgresHistory(client)) : undefined
      broken = false
      return found
    } finally {
      client.release(broken)
    }
  }

  const fromReplica = async (
    ask: (history: HistoryReader) => Promise<readonly Reading[]>,
  ): Promise<readonly Reading[] | undefined> => {
    const needed = storedTo()
    if (needed === undefined) return fallBack('unknown')
    if (isAway()) return fallBack('unavailable')
    try {
      const found = await onReplica(needed, ask)
      failures = 0
      if (found === undefined) return fallBack('lagging')
      reads.replica += 1
      return found
    } catch (error) {
      failures += 1
      awayUntil = clock() + retryDelay(failures, AWAY, random)
      return fallBack('unavailable', error)
    }
  }

  return {
    reads: () => ({ ...reads }),
    recent: async (deviceId, limit) =>
      (await fromReplica((history) => history.recent(deviceId, limit))) ?? primary.recent(deviceId, limit),
    newest: async (deviceIds) =>
      (await fromReplica((history) => history.newest(deviceIds))) ?? primary.newest(deviceIds),
  }
}
