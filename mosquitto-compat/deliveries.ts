/**
 * Messages of ours of QoS 1, from their publish to their PUBACK: in order, over lost connections too, and never more of
 * them in flight than the broker takes [MQTT5-3.3.4-7], resends included [MQTT-4.4.0-1].
 *
 * A broker may end the connection for a message that it forbids instead of answering it; sent again each time, it would
 * do so for ever. So what was in flight at two ends goes alone the next time, and what is then still there after its
 * attempts is given up and told.
 */
import type { IPublishPacket } from 'mqtt-packet'
import type { ExternalEmitter } from './external-events.ts'
import type { ExternalBrokerOptions } from './options.ts'
import { isRefusal, reasonOf } from './reasons.ts'

export type Publish = IPublishPacket & { readonly payload: string }

export type DeliveryOptions = Pick<ExternalBrokerOptions, 'maxWaiting' | 'maxAttempts'>

export interface Deliveries {
  /** Sent now, or as soon as it may be; the oldest of too many makes room. */
  add(packet: Publish): void
  /** A connection is there; `kept`: the broker knows our session, and perhaps has got what was in flight. */
  connected(send: (packet: Publish) => void, kept: boolean, window: number): void
  lost(): void
  /** A PUBACK. */
  acked(messageId: number, reasonCode: number): void
  /** Messages that are not acked. */
  readonly size: number
}

interface Delivery {
  packet: Publish
  sends: number
}

/** Identifiers beyond belong to subscriptions. */
const MAX_ID = 60_000
const SUSPECT_AFTER = 2
const CONNECTION_ENDED = 'the broker ended the connection each time it was sent'

/** Nothing to be sent yet, and no connection. */
export const createDeliveries = (events: ExternalEmitter, options: DeliveryOptions): Deliveries => {
  const inFlight = new Map<number, Delivery>()
  /** What has an identifier, to be sent again, is before what has none. */
  let waiting: Delivery[] = []
  let send: ((packet: Publish) => void) | undefined
  let window = 0
  let lastId = 0
  /** What is in flight may be what the broker ends connections for. */
  let isSuspect = false

  const nextId = (): number => {
    do lastId = (lastId % MAX_ID) + 1
    while (inFlight.has(lastId))
    return lastId
  }

  const transmit = (delivery: Delivery): void => {
    const messageId = delivery.packet.messageId ?? nextId()
    delivery.packet = { ...delivery.packet, messageId }
    delivery.sends += 1
    inFlight.set(messageId, delivery)
    send?.(delivery.packet)
  }

  /** False when it has to wait for what is in flight. */
  const proceed = (delivery: Delivery): boolean => {
    if (delivery.sends >= options.maxAttempts) {
      events.emit('publish:refused', { topic: delivery.packet.topic, reason: CONNECTION_ENDED })
      return true
    }
    const suspect = delivery.sends >= SUSPECT_AFTER
    if (suspect && inFlight.size > 0) return false
    isSuspect = suspect
    transmit(delivery)
    return true
  }

  const pump = (): void => {
    let sent = 0
    while (send !== undefined && !isSuspect && sent < waiting.length && inFlight.size < window) {
      if (!proceed(waiting[sent] as Delivery)) break
      sent += 1
    }
    if (sent > 0) waiting = waiting.slice(sent)
  }

  return {
    add: (packet) => {
      waiting.push({ packet, sends: 0 })
      if (waiting.length > options.maxWaiting) {
        waiting.shift()
        events.emit('publish:dropped', { count: 1, reason: 'too-many' })
      }
      pump()
    },
    connected: (to, kept, most) => {
      send = to
      window = Math.min(most, MAX_ID)
      isSuspect = false
      waiting = [...inFlight.values(), ...waiting]
      inFlight.clear()
      for (const delivery of waiting) {
        const { messageId, ...packet } = delivery.packet
        if (messageId === undefined) continue
        delivery.packet = kept ? { ...packet, messageId, dup: true } : { ...packet, dup: false }
      }
      pump()
    },
    lost: () => {
      send = undefined
    },
    acked: (messageId, reasonCode) => {
      const delivery = inFlight.get(messageId)
      if (delivery === undefined) return
      inFlight.delete(messageId)
      isSuspect = false
      if (isRefusal(reasonCode))
        events.emit('publish:refused', { topic: delivery.packet.topic, reason: reasonOf(reasonCode) })
      pump()
    },
    get size() {
      return inFlight.size + waiting.length
    },
  }
}
