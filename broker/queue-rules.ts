/** What is queued for the sessions of a topic's subscribers, and how it goes out. */
import type { PublishPacket } from 'aedes'
import { filterMatches } from './granted-qos.ts'

/** A subscription of a kept session that the store found for a topic. */
export interface Queueable {
  readonly clientId: string
  readonly topic: string
  readonly qos: number
}

/**
 * Each client a message is queued for, and the highest QoS it was granted: overlapping filters queue it once. What
 * goes with QoS 0 is not queued, and `$` topics are not for wildcards [MQTT-4.7.2-1].
 */
export const recipientsOf = (
  subscriptions: readonly Queueable[],
  { topic }: Pick<PublishPacket, 'topic'>,
): ReadonlyMap<string, number> => {
  const recipients = new Map<string, number>()
  const isReserved = topic.startsWith('$')
  for (const { clientId, topic: filter, qos } of subscriptions) {
    if (isReserved && !filterMatches(filter, topic)) continue
    if (qos > (recipients.get(clientId) ?? 0)) recipients.set(clientId, qos)
  }
  return recipients
}

/** At the QoS its subscriber was granted, and not flagged: it was subscribed when it came [MQTT-3.3.1-9]. */
export const asQueued = (packet: PublishPacket, granted: number): object =>
  packet.retain || granted < packet.qos
    ? { ...packet, retain: false, qos: Math.min(packet.qos, granted) }
    : packet

/** As it goes out to a client that is back: what has an identifier was sent before [MQTT-3.3.1-1]. */
export const sentAgain = async function* (
  queued: AsyncIterable<PublishPacket>,
): AsyncGenerator<PublishPacket> {
  for await (const packet of queued) {
    if (packet.cmd === 'publish' && (packet.messageId ?? 0) > 0) packet.dup = true
    yield packet
  }
}
