/**
 * What is queued for each kept session, so that all of it stays within bounds. The bytes are shared: a session may
 * hold as much as it leaves free for the others. So one alone takes half of them at most, two a third each, and
 * whoever has little finds room, however much others have.
 */
import type { PublishPacket } from 'aedes'
import type { BrokerOptions } from './options.ts'

/** What the store adds to a topic and a payload, about. */
const OVERHEAD_BYTES = 160

export type QueueLimit = 'maxOfflineMessages' | 'maxOfflineBytes'

/** What a queued packet counts; of a QoS 2 message that its client has received nothing is left but its number. */
export const queuedBytes = ({ topic, payload }: Partial<Pick<PublishPacket, 'topic' | 'payload'>>): number =>
  OVERHEAD_BYTES + Buffer.byteLength(topic ?? '') + Buffer.byteLength(payload ?? '')

export interface QueueLedger {
  /** One that is in the store already, whatever the bounds are now. */
  load(clientId: string, bytes: number): void
  /** Counts one more in; the limit it would go over, if any, and then not. */
  add(clientId: string, bytes: number): QueueLimit | undefined
  /** One is gone. */
  remove(clientId: string, bytes: number): void
  /** One takes so much less from now on. */
  shrink(clientId: string, bytes: number): void
  /** All of a session is gone. */
  drop(clientId: string): void
  readonly clientIds: Iterable<string>
  readonly bytes: number
}

interface Queue {
  messages: number
  bytes: number
}

/** An empty ledger. */
export const createQueueLedger = ({
  maxOfflineMessages,
  maxOfflineBytes,
}: Pick<BrokerOptions, QueueLimit>): QueueLedger => {
  const queues = new Map<string, Queue>()
  let total = 0

  const load = (clientId: string, bytes: number): void => {
    const queue = queues.get(clientId)
    total += bytes
    if (queue === undefined) {
      queues.set(clientId, { messages: 1, bytes })
      return
    }
    queue.messages += 1
    queue.bytes += bytes
  }

  const drop = (clientId: string): void => {
    total -= queues.get(clientId)?.bytes ?? 0
    queues.delete(clientId)
  }

  const shrink = (clientId: string, bytes: number): void => {
    const queue = queues.get(clientId)
    if (queue === undefined) return
    const less = Math.min(bytes, queue.bytes)
    queue.bytes -= less
    total -= less
  }

  return {
    load,
    add: (clientId, bytes) => {
      const { messages, bytes: own } = queues.get(clientId) ?? { messages: 0, bytes: 0 }
      if (messages >= maxOfflineMessages) return 'maxOfflineMessages'
      if (own + bytes > maxOfflineBytes - total - bytes) return 'maxOfflineBytes'
      load(clientId, bytes)
      return undefined
    },
    remove: (clientId, bytes) => {
      const queue = queues.get(clientId)
      if (queue === undefined) return
      queue.messages -= 1
      if (queue.messages === 0) drop(clientId)
      else shrink(clientId, bytes)
    },
    shrink,
    drop,
    get clientIds() {
      return queues.keys()
    },
    get bytes() {
      return total
    },
  }
}
