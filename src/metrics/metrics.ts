/**
 * The program's numbers, as Prometheus reads them on `GET /metrics`. Counters follow the events of the bridge
 * and the broker; gauges are read when they are asked for.
 */
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { BridgeEmitter } from '../../bridge/index.ts'
import type { BrokerEmitter } from '../../broker/index.ts'
import type { AckEmitter } from '../ack-latency.ts'
import { countBoards, countBroker } from './board-counters.ts'
import { countBridge } from './bridge-counters.ts'
import { type Gauges, readGauges } from './gauges.ts'
import { waits } from './instruments.ts'

export interface MetricsDeps {
  readonly bridge: BridgeEmitter
  readonly broker: BrokerEmitter
  readonly acks: AckEmitter
}

export interface Metrics {
  /** Prometheus' text format. */
  text(): Promise<{ contentType: string; body: string }>
}

const timeAcks = (registry: Registry, acks: AckEmitter): void => {
  const help = 'From a message read to its ack, of every 17th message with an ack'
  const waited = waits(registry, { name: 'ack', help }, ['via'])
  const [mqtt, rest] = [waited.labels('mqtt'), waited.labels('rest')]
  acks.on('acked', ({ via, ms }) => (via === 'mqtt' ? mqtt : rest).observe(ms))
}

/** Metrics of a registry of their own: two programs in one process do not mix. */
export const createMetrics = ({ bridge, broker, acks }: MetricsDeps, gauges: Gauges): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'sluice_' })
  countBridge(registry, bridge)
  countBoards(registry, bridge)
  countBroker(registry, broker)
  timeAcks(registry, acks)
  readGauges(registry, gauges)
  return {
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}
