/**
 * What the bridge publishes. With QoS 1 it is kept until the broker has acked it (`deliveries.ts`). Of what is retained
 * the newest of each topic is kept while the broker is away or slow. What nobody keeps is dropped then, and counted.
 */
import type { Publisher } from '../bridge/index.ts'
import { createDeliveries, type DeliveryOptions, type Publish } from './deliveries.ts'
import type { ExternalEmitter, PublishLoss } from './external-events.ts'
import type { Link } from './link.ts'
import type { ExternalBrokerOptions } from './options.ts'

export type OutboxOptions = DeliveryOptions & Pick<ExternalBrokerOptions, 'maxKept' | 'maxUnsentBytes'>

export interface OutboxDeps {
  readonly events: ExternalEmitter
  /** A message goes to the broker now: a first time or again. */
  readonly onSent: (topic: string, payload: string) => void
}

export interface Outbox {
  publish: Publisher['publish']
  /** A connection is there. `kept`: the broker knows our session, and what of ours it has got already. */
  connected(link: Link, kept: boolean, window: number): void
  lost(): void
  /** The connection takes more again. */
  drained(): void
  /** A PUBACK. */
  acked(messageId: number, reasonCode: number): void
  /** Messages of QoS 1 that are not acked. */
  readonly unacked: number
}

/** An outbox without a connection. */
export const createOutbox = ({ events, onSent }: OutboxDeps, options: OutboxOptions): Outbox => {
  const deliveries = createDeliveries(events, options)
  const kept = new Map<string, string>()
  let link: Link | undefined

  const drop = (reason: PublishLoss): void => void events.emit('publish:dropped', { count: 1, reason })

  const isOpen = (): boolean => link !== undefined && link.unsentBytes < options.maxUnsentBytes

  const send = (packet: Publish): void => {
    if (link === undefined) return
    onSent(packet.topic, packet.payload)
    link.send(packet)
  }

  const keep = (topic: string, payload: string): void => {
    kept.delete(topic)
    kept.set(topic, payload)
    const [oldest] = kept.size > options.maxKept ? kept.keys() : []
    if (oldest === undefined) return
    kept.delete(oldest)
    drop('too-many')
  }

  const tellKept = (): void => {
    for (const [topic, payload] of kept) {
      if (!isOpen()) return
      kept.delete(topic)
      send({ cmd: 'publish', topic, payload, qos: 0, retain: true, dup: false })
    }
  }

  return {
    publish: (topic, payload, { retain = false, qos = 0 } = {}) => {
      const packet: Publish = { cmd: 'publish', topic, payload, qos, retain, dup: false }
      if (qos === 1) return deliveries.add(packet)
      if (isOpen() && !(retain && kept.has(topic))) send(packet)
      else if (retain) keep(topic, payload)
      else drop(link === undefined ? 'away' : 'slow')
    },
    connected: (opened, isKept, window) => {
      link = opened
      deliveries.connected(send, isKept, window)
      tellKept()
    },
    lost: () => {
      link = undefined
      deliveries.lost()
    },
    drained: tellKept,
    acked: deliveries.acked,
    get unacked() {
      return deliveries.size
    },
  }
}
