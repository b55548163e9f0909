/**
 * One code for each filter of a SUBSCRIBE, in their order [MQTT-3.9.3-1]. Aedes looks at a filter that is named
 * more than once only once, and answers with fewer codes than it was asked for. Such a packet goes to it without its
 * identifier, so that it answers nothing, and is answered here.
 */
import type { Client, Subscription } from 'aedes'
import type { ISubscribePacket, ISubscription } from 'mqtt-packet'

const SUBACK = 0x90
const REFUSED = 128

interface Asked {
  readonly messageId: number
  readonly filters: readonly Readonly<Pick<ISubscription, 'topic' | 'qos'>>[]
}

export interface SubackCodes {
  /** Before Aedes has it. */
  take(packet: ISubscribePacket): void
  /** Once Aedes has decided on each filter: its QoS is the code of its answer. */
  answer(decided: readonly Subscription[], client: Client): void
}

/** Seven bits a byte, the lowest first [MQTT-2.2.3]. */
const remainingLength = (length: number): readonly number[] =>
  length < 128 ? [length] : [(length % 128) | 128, ...remainingLength(Math.floor(length / 128))]

const suback = (messageId: number, codes: readonly number[]): Buffer =>
  Buffer.from([SUBACK, ...remainingLength(codes.length + 2), messageId >> 8, messageId & 0xff, ...codes])

/** The answers of one broker. */
export const createSubackCodes = (): SubackCodes => {
  // By its last subscription, which is one that Aedes keeps.
  const asked = new WeakMap<object, Asked>()

  return {
    take: (packet) => {
      const { messageId, subscriptions } = packet
      const last = subscriptions.at(-1)
      if (subscriptions.length < 2 || last === undefined || messageId === undefined) return
      if (new Set(subscriptions.map(({ topic }) => topic)).size === subscriptions.length) return
      asked.set(last, { messageId, filters: subscriptions.map(({ topic, qos }) => ({ topic, qos })) })
      delete packet.messageId
    },
    answer: (decided, client) => {
      const found = decided.map((each) => asked.get(each)).find((each) => each !== undefined)
      if (found === undefined || client.closed) return
      const codes = new Map(decided.map(({ topic, qos }) => [topic, Number(qos)]))
      const granted = found.filters.map(({ topic, qos }) => (codes.get(topic) === REFUSED ? REFUSED : qos))
      client.conn.write(suback(found.messageId, granted))
    },
  }
}
