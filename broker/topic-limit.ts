/**
 * Bounds the length and the depth of topics, where a client names one: each that is new is kept in memory in more
 * than one place, and each level is a step of every matcher. A board publishes to the same topic again and again:
 * that one is looked at once.
 */
import type { Client } from 'aedes'
import type { Packet } from 'mqtt-packet'
import type { BrokerOptions, LimitName } from './options.ts'

const MAX_UTF8 = 3
const SLASH = 47

type TopicLimit = Extract<LimitName, 'maxTopicBytes' | 'maxTopicLevels'>

const levelsOf = (topic: string): number => {
  let levels = 1
  for (let at = 0; at < topic.length; at += 1) if (topic.charCodeAt(at) === SLASH) levels += 1
  return levels
}

const isLonger = (topic: string, bytes: number): boolean =>
  topic.length * MAX_UTF8 > bytes && Buffer.byteLength(topic) > bytes

/** Topics and filters that a packet names, but for that of a PUBLISH. */
const named = (packet: Packet): readonly string[] => {
  if (packet.cmd === 'subscribe') return packet.subscriptions.map(({ topic }) => topic)
  if (packet.cmd === 'unsubscribe') return packet.unsubscriptions
  if (packet.cmd === 'connect' && packet.will !== undefined) return [packet.will.topic]
  return []
}

/** For each client a check of its packets: false, and its connection is ended, when one names a topic over a bound. */
export const createTopicLimit = (
  { maxTopicBytes, maxTopicLevels }: Pick<BrokerOptions, TopicLimit>,
  onLimit: (limit: LimitName, client: Client) => void,
): ((client: Client) => (packet: Packet) => boolean) => {
  const limitOf = (topic: string): TopicLimit | undefined => {
    if (isLonger(topic, maxTopicBytes)) return 'maxTopicBytes'
    return levelsOf(topic) > maxTopicLevels ? 'maxTopicLevels' : undefined
  }

  const end = (client: Client, limit: TopicLimit): false => {
    onLimit(limit, client)
    const bound = limit === 'maxTopicBytes' ? `${maxTopicBytes} bytes` : `${maxTopicLevels} levels`
    client.emit('error', new Error(`a topic over the limit of ${bound}`))
    return false
  }

  return (client) => {
    let lastTopic: string | undefined
    return (packet) => {
      if (packet.cmd === 'publish') {
        if (packet.topic === lastTopic) return true
        const limit = limitOf(packet.topic)
        if (limit !== undefined) return end(client, limit)
        lastTopic = packet.topic
        return true
      }
      for (const topic of named(packet)) {
        const limit = limitOf(topic)
        if (limit !== undefined) return end(client, limit)
      }
      return true
    }
  }
}
