/**
 * Sends each client what it was granted: a message goes with the lower one of its QoS and of the highest that a
 * matching filter was granted [MQTT-3.8.4-6] [MQTT-3.3.5-1]. Aedes sends it by the first filter it finds, and knows
 * the QoS of filters without wildcards only.
 */
import type { AedesPublishPacket, Client } from 'aedes'

export type Qos = 0 | 1 | 2

type Deliver = (packet: AedesPublishPacket, callback: () => void) => void

/** What of Aedes' client is used here. */
interface Inner {
  deliver0: Deliver
  deliverQoS: Deliver
  readonly subscriptions: Readonly<Record<string, { qos: Qos } | undefined>>
  /** The highest number that was sent of each broker's messages. */
  readonly duplicates: Record<string, number>
}

export interface GrantedQos {
  /** Filters of a client. */
  of(client: Client): ReadonlyMap<string, Qos>
  grant(client: Client, filter: string, qos: Qos): void
  revoke(client: Client, filter: string): void
}

const NONE: ReadonlyMap<string, Qos> = new Map()

/** Whether a well-formed filter matches a topic [MQTT-4.7.1] [MQTT-4.7.2-1]. */
export const filterMatches = (filter: string, topic: string): boolean => {
  if (filter === topic) return true
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const levels = topic.split('/')
  const asked = filter.split('/')
  for (const [at, level] of asked.entries()) {
    if (level === '#') return true
    if (at >= levels.length || (level !== '+' && level !== levels[at])) return false
  }
  return asked.length === levels.length
}

/** The highest QoS at which one of these filters matches. */
const highest = (filters: ReadonlyMap<string, Qos>, topic: string): Qos => {
  let found: Qos = 0
  for (const [filter, qos] of filters) {
    if (qos > found && (filters.size === 1 || filterMatches(filter, topic))) found = qos
  }
  return found
}

const deliverAsGranted = (client: Client, filters: ReadonlyMap<string, Qos>): void => {
  const inner = client as unknown as Inner
  const { deliver0, deliverQoS } = inner
  let lastBroker: string | undefined
  let lastNumber: number | undefined
  /**
   * Aedes numbers messages as they come, and takes one with a lower number than the last for a duplicate. What has to
   * be stored first is overtaken by what has not. The duplicates there are come right behind each other: the same
   * message, by another filter of this client.
   */
  const allowOvertaken = ({ brokerId, brokerCounter }: AedesPublishPacket): void => {
    if (brokerId === lastBroker && brokerCounter === lastNumber) return
    lastBroker = brokerId
    lastNumber = brokerCounter
    if (brokerId) inner.duplicates[brokerId] = 0
  }
  const deliver: Deliver = (packet, callback) => {
    allowOvertaken(packet)
    if (packet.qos === 0) return deliver0(packet, callback)
    const granted = highest(filters, packet.topic)
    if (granted === 0) return deliver0(packet, callback)
    // Of this subscriber alone: each is handed a packet of its own.
    if (granted < packet.qos) packet.qos = granted
    // Aedes would go by the filter that is the topic itself, though another one was granted more.
    const exact = inner.subscriptions[packet.topic]
    if (exact !== undefined && exact.qos < granted) exact.qos = granted
    deliverQoS(packet, callback)
  }
  inner.deliver0 = deliver
  inner.deliverQoS = deliver
}

/** What the clients of one broker were granted. */
export const createGrantedQos = (): GrantedQos => {
  const granted = new WeakMap<Client, Map<string, Qos>>()
  return {
    of: (client) => granted.get(client) ?? NONE,
    grant: (client, filter, qos) => {
      const before = granted.get(client)
      const filters = before ?? new Map<string, Qos>()
      filters.set(filter, qos)
      if (before !== undefined) return
      granted.set(client, filters)
      // Only from here on: boards that listen to nothing pay nothing for it.
      deliverAsGranted(client, filters)
    },
    revoke: (client, filter) => {
      granted.get(client)?.delete(filter)
    },
  }
}
