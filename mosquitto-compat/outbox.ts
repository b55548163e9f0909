/**
 * What the bridge publishes. With QoS 1 it is kept until the broker has acked it, over lost connections too, and never
 * more of it in flight than the broker takes [MQTT5-3.3.4-7]. Of what is retained the newest of each topic is kept while
 * the broker is away or slow. What nobody keeps is dropped then, and counted.
 */
import type { IPublishPacket } from 'mqtt-packet'
import type { Publisher } from '../bridge/index.ts'
import type { ExternalEmitter, PublishLoss } from './external-events.ts'
import type { Link } from './link.ts'
import type { ExternalBrokerOptions } from './options.ts'
import { isRefusal, reasonOf } from './reasons.ts'

export type OutboxOptions = Pick<ExternalBrokerOptions, 'maxWaiting' | 'maxKept' | 'maxUnsentBytes'>

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

type Publish = IPublishPacket & { readonly payload: string }

/** Identifiers beyond belong to subscriptions. */
const MAX_ID = 60_000
const DEFAULT_WINDOW = 20

/** An outbox without a connection. */
export const createOutbox = (events: ExternalEmitter, options: OutboxOptions): Outbox => {
  const inFlight = new Map<number, Publish>()
  const kept = new Map<string, string>()
  let waiting: Publish[] = []
  let link: Link | undefined
  let window = DEFAULT_WINDOW
  let lastId = 0

  const drop = (reason: PublishLoss): void => void events.emit('publish:dropped', { count: 1, reason })

  const nextId = (): number => {
    do lastId = (lastId % MAX_ID) + 1
    while (inFlight.has(lastId))
    return lastId
  }

  const isOpen = (): boolean => link !== undefined && link.unsentBytes < options.maxUnsentBytes

  const pump = (): void => {
    let sent = 0
    while (link !== undefined && sent < waiting.length && inFlight.size < window) {
      const packet: Publish = { ...(waiting[sent] as Publish), messageId: nextId() }
      sent += 1
      inFlight.set(packet.messageId ?? 0, packet)
      link.send(packet)
    }
    if (sent > 0) waiting = waiting.slice(sent)
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
      link?.send({ cmd: 'publish', topic, payload, qos: 0, retain: true, dup: false })
    }
  }

  const enqueue = (packet: Publish): void => {
    waiting.push(packet)
    if (waiting.length > options.maxWaiting) {
      waiting.shift()
      drop('too-many')
    }
    pump()
  }

  return {
    publish: (topic, payload, { retain = false, qos = 0 } = {}) => {
      const packet: Publish = { cmd: 'publish', topic, payload, qos, retain, dup: false }
      if (qos === 1) return enqueue(packet)
      if (link !== undefined && isOpen() && !(retain && kept.has(topic))) link.send(packet)
      else if (retain) keep(topic, payload)
      else drop(link === undefined ? 'away' : 'slow')
    },
    connected: (opened, isKept, most) => {
      link = opened
      window = Math.min(most, MAX_ID)
      if (isKept) for (const packet of inFlight.values()) opened.send({ ...packet, dup: true })
      else {
        waiting = [...inFlight.values(), ...waiting]
        inFlight.clear()
      }
      tellKept()
      pump()
    },
    lost: () => {
      link = undefined
    },
    drained: () => {
      tellKept()
      pump()
    },
    acked: (messageId, reasonCode) => {
      const packet = inFlight.get(messageId)
      if (packet === undefined) return
      inFlight.delete(messageId)
      if (isRefusal(reasonCode))
        events.emit('publish:refused', { topic: packet.topic, reason: reasonOf(reasonCode) })
      pump()
    },
    get unacked() {
      return inFlight.size + waiting.length
    },
  }
}
