/**
 * Holds each ack until the message is durable.
 *
 * Aedes writes PUBACK before it publishes, and PUBREC after it has stored the packet; `authorizePublish` is the
 * only hook that runs before both, so the message is taken in there. Acks held for one client run concurrently
 * and PINGRESP is not blocked.
 *
 * A QoS 1 message that nobody listens to, most of them, is acked right here and goes on as QoS 0: Aedes then has
 * nothing left to do for it, where it would schedule the ack and look up offline subscribers twice over. The acks
 * keep their order [MQTT-4.6.0-2], both kinds being written to the same connection as they come.
 *
 * QoS 2 [MQTT-4.3.3-2]: a packet that Aedes has in its store passed this hook before, so it is durable already
 * and not taken in a second time; one that is still being held joins the first. The same packet identifier is not
 * enough: a store that could not delete (a full disk) and a board that lost its session give it to another message,
 * which would be acked and stored nowhere.
 *
 * The intake may give another payload: it is what Aedes goes on with, and so what subscribers are sent.
 */
import type { Client, PublishPacket } from 'aedes'
import type { Done, Intake, Message } from '../bridge/index.ts'
import type { BrokerEmitter } from './broker-events.ts'

type Callback = (error?: Error | null) => void

/** What tells one message from another. */
type Content = Pick<PublishPacket, 'topic' | 'payload'>

export interface PublishHookDeps {
  readonly intake: Intake
  readonly events: BrokerEmitter
  /** What the broker holds under the identifier of this QoS 2 packet, waiting for its PUBREL. */
  readonly storedPacket: (client: Client, packet: PublishPacket) => Promise<Content | undefined>
  /** Whether surely nobody, connected or not, listens to a topic. */
  readonly isSilent: (topic: string) => boolean
}

const SYSTEM_TOPICS = '$SYS/'
/** Wills of a broker that died come without a client. */
const NO_CLIENT = ''

/** One sending of a QoS 2 message that is being taken in. */
interface Held {
  readonly packet: PublishPacket
  readonly callback: Callback
}

/** PUBACK, remaining length 2 [MQTT-3.4.1], then the packet identifier. */
const puback = (messageId: number): Buffer => Buffer.of(0x40, 2, messageId >> 8, messageId & 0xff)

const isSame = (one: Content, other: Content): boolean =>
  one.topic === other.topic && Buffer.from(one.payload).equals(Buffer.from(other.payload))

/** The `authorizePublish` hook for Aedes. */
export const createPublishHook = ({ intake, events, storedPacket, isSilent }: PublishHookDeps) => {
  const held = new WeakMap<Client, Map<number, Held[]>>()

  const takeIn = (client: Client | null, packet: PublishPacket, callback: Callback): void => {
    const done: Done = (error, payload) => {
      if (error) events.emit('publish:refused', { clientId: client?.id ?? null, topic: packet.topic, error })
      else if (payload !== undefined) packet.payload = payload
      callback(error)
    }
    try {
      intake(packet as Message, client?.id ?? NO_CLIENT, done)
    } catch (error) {
      // From here it would rise through the socket's reader and end the process.
      done(error as Error)
    }
  }

  const takeInAndAck = (client: Client, packet: PublishPacket, messageId: number, callback: Callback): void =>
    takeIn(client, packet, (error) => {
      // A board that does not read its acks is left to Aedes, which waits for it and then closes it.
      if (!error && isSilent(packet.topic) && client.connected && !client.conn.writableNeedDrain) {
        client.conn.write(puback(messageId))
        packet.qos = 0
      }
      callback(error)
    })

  const takeInOnce = (client: Client, packet: PublishPacket, messageId: number, callback: Callback): void => {
    const ofClient = held.get(client) ?? new Map<number, Held[]>()
    held.set(client, ofClient)
    const waiting = ofClient.get(messageId)
    if (waiting !== undefined) {
      if (waiting.some((each) => isSame(each.packet, packet))) waiting.push({ packet, callback })
      else takeIn(client, packet, callback)
      return
    }
    const sendings: Held[] = [{ packet, callback }]
    ofClient.set(messageId, sendings)
    const settle: Callback = (error) => {
      ofClient.delete(messageId)
      for (const each of sendings) {
        each.packet.payload = packet.payload
        each.callback(error)
      }
    }
    storedPacket(client, packet).then(
      (stored) =>
        stored !== undefined && isSame(stored, packet) ? settle() : takeIn(client, packet, settle),
      (error: Error) => settle(error),
    )
  }

  return (client: Client | null, packet: PublishPacket, callback: Callback): void => {
    if (packet.topic.startsWith(SYSTEM_TOPICS))
      return callback(new Error(`${SYSTEM_TOPICS} is the broker's own`))
    // Whether it was sent again on its way here says nothing of its way on [MQTT-3.3.1-3].
    packet.dup = false
    const { qos, messageId } = packet
    if (client === null || messageId === undefined || qos === 0) takeIn(client, packet, callback)
    else if (qos === 2) takeInOnce(client, packet, messageId, callback)
    else if (packet.retain) takeIn(client, packet, callback)
    else takeInAndAck(client, packet, messageId, callback)
  }
}
