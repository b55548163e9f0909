/** What is to be written when a message is queued, in the store's own form, without writing it. */
import type { PublishPacket } from 'aedes'
import AsyncLevelPersistence from 'aedes-persistence-level/asyncPersistence.js'
import { asQueued } from './queue-rules.ts'

export interface Put {
  readonly type: 'put'
  readonly key: string
  readonly value: Buffer
}

/** The puts of one message for these clients, each at the QoS that it was granted. */
export type QueueWrites = (
  recipients: Iterable<readonly [clientId: string, qos: number]>,
  packet: PublishPacket,
) => Put[]

/** The store writes a message for each session by itself; a batch costs a fraction of that with hundreds of them. */
export const createQueueWrites = (): QueueWrites => {
  let puts: Put[] = []
  const put = async (key: string, value: Buffer): Promise<void> => void puts.push({ type: 'put', key, value })
  const store = new AsyncLevelPersistence({ put })
  return (recipients, packet) => {
    puts = []
    // Puts before it waits for anything.
    for (const [clientId, qos] of recipients)
      void store.outgoingEnqueueCombi([{ clientId }], asQueued(packet, qos))
    return puts
  }
}
