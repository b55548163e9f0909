/**
 * Answers a CONNECT that Aedes would answer wrongly, or not at all, and closes its connection once the answer is
 * out. Nothing that comes behind it is read [MQTT-3.1.4-5].
 */
import type { Client } from 'aedes'
import type { BrokerEmitter } from './broker-events.ts'
import { addressOf } from './connect-request.ts'

export interface Refusal {
  readonly connack: Buffer
  readonly reason: string
}

export type RefuseConnect = (client: Client, refusal: Refusal) => void

const CONNACK = 0x20
const MQTT5 = 5
/** Unsupported Protocol Version, as MQTT 5 has it. */
const UNSUPPORTED_VERSION = 0x84
const REASON_STRING = 0x1f
/** A client shows it to whoever has to mend it. */
const HINT = Buffer.from('this server speaks MQTT 3.1.1, protocol level 4')

/** Flags, reason code, length of the properties, and the one there is. */
const MQTT5_BODY = Buffer.concat([
  Buffer.of(0, UNSUPPORTED_VERSION, HINT.length + 3, REASON_STRING, 0, HINT.length),
  HINT,
])

/** To a protocol level that is not served, in the form of that level where that is known [MQTT-3.1.2-2]. */
export const refusedLevel = (level: number): Refusal => ({
  connack:
    level === MQTT5
      ? Buffer.concat([Buffer.of(CONNACK, MQTT5_BODY.length), MQTT5_BODY])
      : Buffer.of(CONNACK, 2, 0, 1),
  reason: `protocol level ${level} is not served`,
})

/** To a client without an id that asks for a session to be kept [MQTT-3.1.3-8]. */
export const refusedNoClientId = (): Refusal => ({
  connack: Buffer.of(CONNACK, 2, 0, 2),
  reason: 'a session to be kept without a client id',
})

/** Refusals that are told of on `events`. */
export const createRefuseConnect =
  (events: BrokerEmitter): RefuseConnect =>
  (client, { connack, reason }) => {
    events.emit('connect:refused', { address: addressOf(client), reason })
    Object.assign(Reflect.get(client, '_parser') as object, { parse: () => 0 })
    client.conn.end(connack, () => client.close())
  }
