/** What passes between the nodes of a cluster; zeros for a node that is alone. */
import type { Registry } from 'prom-client'
import { count, gauge } from './instruments.ts'

export interface ClusterCounts {
  /** Other nodes heard of, and the filters that they listen to. */
  readonly nodes: number
  readonly filters: number
  /** Redis messages sent since the start, the MQTT messages among them, and those that could not be sent. */
  readonly sent: number
  readonly packets: number
  readonly failed: number
}

export const readCluster = (
  registry: Registry,
  { cluster }: { readonly cluster: () => ClusterCounts },
): void => {
  gauge(registry, { name: 'cluster_nodes', help: 'Other nodes heard of' }, () => cluster().nodes)
  gauge(
    registry,
    { name: 'cluster_filters', help: 'Topic filters that other nodes listen to' },
    () => cluster().filters,
  )
  const of = (name: string, help: string, field: 'sent' | 'packets' | 'failed'): void =>
    void count(registry, { name: `cluster_${name}`, help }, () => cluster()[field])
  of('messages_sent', 'Redis messages sent to other nodes', 'sent')
  of('packets_sent', 'MQTT messages among them: somebody there listened', 'packets')
  of('messages_unsent', 'Messages to other nodes that could not be sent', 'failed')
}
