/** What a packet that could be parsed may still break, where Aedes would go on with it. */
import type { IConnectPacket, Packet } from 'mqtt-packet'

const WILDCARD = /[+#]/
const MAX_QOS = 2
/** Wildcards stand for whole levels, `#` for the last one only [MQTT-4.7.1-2] [MQTT-4.7.1-3]. */
const FILTER = /^(?:#|(?:\+|[^+#/]*)(?:\/(?:\+|[^+#/]*))*(?:\/#)?)$/

/** A will is a message, so it has a topic's name, not a filter [MQTT-3.3.2-2], and a QoS there is [MQTT-3.1.2-14]. */
const inConnect = ({ will, username, password }: IConnectPacket): string | undefined => {
  if (password !== undefined && username === undefined) return 'a password without a user name'
  if (will === undefined) return undefined
  if (will.topic === '') return 'a will without a topic'
  if (WILDCARD.test(will.topic)) return 'a will on a filter'
  return (will.qos ?? 0) > MAX_QOS ? 'a will of QoS 3' : undefined
}

const inFilters = (filters: readonly string[]): string | undefined => {
  if (filters.length === 0) return 'no filter'
  return filters.every((filter) => filter !== '' && FILTER.test(filter)) ? undefined : 'a malformed filter'
}

/** What a client broke with this packet; its connection is to be closed [MQTT-4.8.0-1]. */
export const violationOf = (packet: Packet): string | undefined => {
  switch (packet.cmd) {
    case 'publish':
      return packet.dup && packet.qos === 0 ? 'a QoS 0 message that is sent again' : undefined
    case 'connect':
      return inConnect(packet)
    case 'subscribe':
      return inFilters(packet.subscriptions.map(({ topic }) => topic))
    case 'unsubscribe':
      return inFilters(packet.unsubscriptions)
    default:
      return undefined
  }
}
