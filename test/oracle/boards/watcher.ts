import type { Packet } from 'mqtt-packet'
import type { Random } from '../random.ts'
import { createLink } from './link.ts'

export interface WatcherOptions {
  readonly port: number
  readonly random: Random
  readonly topics: readonly string[]
  onOdd(answer: string): void
}

/** Subscribes to `topics` at QoS 1 whenever it is connected, and acks what it gets. */
export const createWatcher = ({
  port,
  random,
  topics,
  onOdd,
}: WatcherOptions): { close(): Promise<void> } => {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }))
  const onPacket = (packet: Packet): void => {
    if (packet.cmd !== 'publish' || packet.qos !== 1 || packet.messageId === undefined) return
    link.send({ cmd: 'puback', messageId: packet.messageId })
  }
  const link = createLink(
    { port, clientId: 'watcher', clean: true, random },
    { onOpen: () => link.send({ cmd: 'subscribe', messageId: 1, subscriptions }), onPacket, onOdd },
  )
  return { close: link.close }
}
