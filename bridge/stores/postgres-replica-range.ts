/** History over a range, and exports, from a read replica where it is far enough, else from the primary. */
import type pg from 'pg'
import type { RangeReader, ReadingExport } from '../ports.ts'
import type { PostgresExport } from './postgres-export.ts'
import { createAskRange, type PostgresRangeOptions } from './postgres-range.ts'
import { hasStored, type ReplicaChoice } from './postgres-replica.ts'

/** `pool`: of the replica, for these questions alone. */
export const createReplicaRange = (
  deps: { readonly primary: RangeReader; readonly pool: pg.Pool; readonly choose: ReplicaChoice['choose'] },
  options: PostgresRangeOptions = {},
): RangeReader => {
  const ask = createAskRange(deps.pool, options)
  return {
    read: async (query, signal) =>
      (await deps.choose((needed) =>
        ask(query, { signal, admits: (client) => hasStored(client, needed) }),
      )) ?? deps.primary.read(query, signal),
  }
}

export const createReplicaExport = (deps: {
  readonly primary: ReadingExport
  readonly replica: PostgresExport
  readonly choose: ReplicaChoice['choose']
}): ReadingExport => ({
  get running() {
    return deps.primary.running + deps.replica.running
  },
  open: async (query, signal) =>
    (await deps.choose((needed) =>
      deps.replica.openIf(query, signal, (client) => hasStored(client, needed)),
    )) ?? deps.primary.open(query, signal),
})
