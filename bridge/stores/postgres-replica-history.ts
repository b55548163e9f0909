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
import type { HistoryReader, ReadingSink } from '../ports.ts'
import { createPostgresHistory } from './postgres-history.ts'
import {
  createReplicaChoice,
  hasStored,
  type ReplicaChoice,
  type ReplicaChoiceDeps,
  type StoredTo,
} from './postgres-replica.ts'

export type { ReplicaFallback, StoredTo } from './postgres-replica.ts'

export interface ReplicaHistoryDeps extends ReplicaChoiceDeps {
  readonly primary: HistoryReader
  /** Of the replica. Each read takes one connection: behind it there may be several servers. */
  readonly pool: pg.Pool
}

/** `choose` is for other reads from the same replica. */
export interface ReplicaHistory extends HistoryReader, ReplicaChoice {}

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

/** Reads readings back. Both methods throw STORE_UNAVAILABLE when neither the replica nor the primary answers. */
export const createReplicaHistory = (deps: ReplicaHistoryDeps): ReplicaHistory => {
  const { primary, pool } = deps
  const { choose, reads } = createReplicaChoice(deps)

  const fromReplica = (
    ask: (history: HistoryReader) => Promise<readonly Reading[]>,
  ): Promise<readonly Reading[] | undefined> =>
    choose(async (needed) => {
      const client = await pool.connect()
      let broken = true
      try {
        // First the cursor: what is there by then is there for the read as well.
        const found = (await hasStored(client, needed)) ? await ask(createPostgresHistory(client)) : undefined
        broken = false
        return found
      } finally {
        client.release(broken)
      }
    })

  return {
    reads,
    choose,
    recent: async (deviceId, limit) =>
      (await fromReplica((history) => history.recent(deviceId, limit))) ?? primary.recent(deviceId, limit),
    newest: async (deviceIds) =>
      (await fromReplica((history) => history.newest(deviceIds))) ?? primary.newest(deviceIds),
  }
}
