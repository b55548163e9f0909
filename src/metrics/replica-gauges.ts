/** Who answered reads of history where there is a read replica. */
import type { Registry } from 'prom-client'
import { counts } from './instruments.ts'

/** `replicaReads`: since the start, by who answered; undefined without a replica. */
export const readReplica = (
  registry: Registry,
  replicaReads: () => Readonly<Record<string, number>> | undefined,
): void => {
  const help = 'Reads of history where there is a replica: answered by it, or by the primary and why'
  counts(registry, { name: 'history_reads', help, label: 'from' }, () => {
    const reads = replicaReads()
    if (reads === undefined) return {}
    const { replica = 0, lagging = 0, unavailable = 0, unknown = 0 } = reads
    return { replica, primary_lagging: lagging, primary_unavailable: unavailable, primary_unknown: unknown }
  })
}
