/** PUBACK and PUBREC on the wire, many at a time: they are most of what is sent, and four bytes each. */
import mqttPacket from 'mqtt-packet'
import type { Awaiting } from './ack-line.ts'

/** Packet type and flags [MQTT-3.4.1], [MQTT-3.5.1]. */
const FIRST_BYTE = { 1: 0x40, 2: 0x50 } as const
const ACK_BYTES = 4

/** [MQTT5-3.4.2.1]: without a reason code it is success, in both versions. */
const plain = (entries: readonly Awaiting[]): Buffer => {
  const bytes = Buffer.allocUnsafe(entries.length * ACK_BYTES)
  let at = 0
  for (const { messageId, qos } of entries) {
    bytes[at] = FIRST_BYTE[qos]
    bytes[at + 1] = 2
    bytes[at + 2] = messageId >> 8
    bytes[at + 3] = messageId & 0xff
    at += ACK_BYTES
  }
  return bytes
}

/** The acks of these messages, in their order. */
export const ackBytes = (entries: readonly Awaiting[], protocol: 4 | 5): Buffer => {
  if (protocol === 4 || entries.every(({ reasonCode }) => reasonCode === 0)) return plain(entries)
  return Buffer.concat(
    entries.map((entry) => {
      if (entry.reasonCode === 0) return plain([entry])
      const { qos, messageId, reasonCode } = entry
      const cmd = qos === 1 ? 'puback' : 'pubrec'
      return mqttPacket.generate({ cmd, messageId, reasonCode }, { protocolVersion: 5 })
    }),
  )
}
