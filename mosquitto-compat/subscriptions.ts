/**
 * What the bridge subscribes to at an external broker: the topics it takes in, at QoS 1. What was published with QoS 2
 * comes at QoS 1 then, once and in a crash perhaps twice; to take each exactly once would need every packet identifier
 * on disk, where `boot` and `seq` tell a resend already.
 *
 * With MQTT 5 the broker is asked not to send back what we publish ourselves (No Local), to leave the retain flag as it
 * was published, and never to repeat what is retained (Retain Handling 2): a session hears of everything once, when it
 * is published. With 3.1.1 what comes with the retain flag is such a repetition [MQTT-3.3.1-8], and is not taken in; and
 * since each SUBSCRIBE has all of it sent again, what is renewed is without the topic on which every board has something
 * retained.
 */
import type { ISubscribePacket } from 'mqtt-packet'
import { isRefusal } from './reasons.ts'

export const FILTERS = [
  'sensors/+/data',
  'devices/+/register',
  'devices/+/heartbeat',
  'devices/+/status',
  'buzzer/+/cmd',
  'buzzer/+/ack',
  'cameras/+/frame',
] as const

/** To a broker of 3.1.1 that has granted everything before: it does not repeat the status of every board. */
const RENEWED_AT_3_1_1: readonly string[] = FILTERS.filter((filter) => filter !== 'devices/+/status')

/** Retained by the bridge, and right only while it lives. */
export const TIME_TOPIC = 'time/now'

/** Without it there is nothing to be a bridge for. */
const ESSENTIAL: string = FILTERS[0]

/** Topics on which the bridge publishes and listens. */
const ECHOED = /^(?:devices\/[^/]+\/status|buzzer\/[^/]+\/cmd)$/
const COMMAND = /^buzzer\/[^/]+\/cmd$/

/** True where what we publish is sent back to a client of 3.1.1. */
export const isEchoed = (topic: string): boolean => ECHOED.test(topic)

/** True for a topic where a retained message would be acted upon again at each reconnect of a board. */
export const isCommand = (topic: string): boolean => COMMAND.test(topic)

/** The topic on which the watchdog hears itself; one level of it is the client id. */
export const probeTopic = (clientId: string): string => `sluice/${clientId.replace(/[+#/]/g, '_')}/probe`

const NEVER_RETAINED = 2

/** What to subscribe to, the probe last. `hasAll`: everything was granted on this connection. */
export const filtersFor = (protocol: 4 | 5, probe: string, hasAll: boolean): readonly string[] => [
  ...(protocol === 4 && hasAll ? RENEWED_AT_3_1_1 : FILTERS),
  probe,
]

/** A SUBSCRIBE for these, of which the last is the probe. */
export const subscribePacket = (
  protocol: 4 | 5,
  filters: readonly string[],
  messageId: number,
): ISubscribePacket => ({
  cmd: 'subscribe',
  messageId,
  subscriptions: filters.map((topic) => ({
    topic,
    qos: 1,
    ...(protocol === 5 ? { nl: topic !== filters.at(-1), rap: true, rh: NEVER_RETAINED } : {}),
  })),
})

export interface Grants {
  /** Each filter that was refused, with the broker's code. */
  readonly refused: readonly { readonly filter: string; readonly code: number }[]
  /** Readings come in. */
  readonly essential: boolean
  /** The watchdog can hear itself. */
  readonly probe: boolean
}

/** What a SUBACK granted of these filters, of which the last is the probe. */
export const readGrants = (filters: readonly string[], granted: readonly unknown[]): Grants => {
  const refused = filters.flatMap((filter, index) => {
    const code = Number(granted[index] ?? 0x80)
    return isRefusal(code) ? [{ filter, code }] : []
  })
  const isRefused = (name: string | undefined): boolean => refused.some(({ filter }) => filter === name)
  return { refused, essential: !isRefused(ESSENTIAL), probe: !isRefused(filters.at(-1)) }
}
