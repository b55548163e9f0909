/** Packets that strangers send rightly. */
import mqttPacket, { type Packet } from 'mqtt-packet'

export const connectBytes = (clientId: string, keepalive = 300): Buffer =>
  mqttPacket.generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId,
    clean: true,
    keepalive,
  })

export const subscribeBytes = (topic: string, qos: 0 | 1 = 0): Buffer =>
  mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] })

export const publishBytes = (topic: string, payload: Buffer, messageId = 0): Buffer =>
  mqttPacket.generate({
    cmd: 'publish',
    topic,
    payload,
    qos: messageId === 0 ? 0 : 1,
    messageId,
    dup: false,
    retain: false,
  })

/** A packet as bytes; undefined for one that the encoder itself refuses. */
export const tryEncode = (packet: Packet, protocolVersion: number): Buffer | undefined => {
  try {
    return mqttPacket.generate(packet, { protocolVersion })
  } catch {
    return undefined
  }
}

export const CONNACK_BYTES = 4

/** Whether the first answer is a CONNACK that lets it in. */
export const isAccepted = (head: Buffer): boolean => head[0] === 0x20 && head[3] === 0
