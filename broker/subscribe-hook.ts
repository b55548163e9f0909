/**
 * Decides on each filter of a SUBSCRIBE, and of a session that is restored: granted, or answered with 128
 * [MQTT-3.9.3]. Each is decided once: Aedes asks about one filter after another, but hands all filters of a packet
 * over to be kept before it has asked about the last.
 */
import type { Aedes, Client, Subscription } from 'aedes'
import { createGrantedQos } from './granted-qos.ts'
import type { LimitName } from './options.ts'
import { ONLY_A_SESSION } from './session-keys.ts'

type SubscribeHook = (
  client: Client,
  subscription: Subscription,
  callback: (error: Error | null, subscription?: Subscription | null) => void,
) => void

export interface SubscribeDeps {
  /** Absent: every filter is allowed. */
  readonly maySubscribe: ((client: Client, filter: string) => boolean) | undefined
  /** Removes what a kept session may no longer listen to. */
  readonly forget: (client: Client, filter: string) => void
  readonly onDenied: (client: Client, filter: string) => void
  readonly onLimit: (limit: LimitName, client: Client) => void
  readonly maxSubscriptions: number
}

export interface Subscribing {
  /** `authorizeSubscribe` for Aedes. */
  readonly authorize: SubscribeHook
  isGranted(client: Client, subscription: Subscription): boolean
  /** Learns of what is unsubscribed. */
  follow(aedes: Aedes): void
}

/** The decisions of one broker. */
export const createSubscribing = ({
  maySubscribe,
  forget,
  onDenied,
  onLimit,
  maxSubscriptions,
}: SubscribeDeps): Subscribing => {
  const decided = new WeakMap<Subscription, boolean>()
  const granted = createGrantedQos()

  const decide = (client: Client, { topic, qos }: Subscription): boolean => {
    if (maySubscribe?.(client, topic) === false) {
      onDenied(client, topic)
      return false
    }
    const filters = granted.of(client)
    if (filters.size >= maxSubscriptions && !filters.has(topic)) {
      onLimit('maxSubscriptions', client)
      return false
    }
    granted.grant(client, topic, qos)
    return true
  }

  const isGranted = (client: Client, subscription: Subscription): boolean => {
    const before = decided.get(subscription)
    if (before !== undefined) return before
    const isAllowed = decide(client, subscription)
    decided.set(subscription, isAllowed)
    return isAllowed
  }

  return {
    isGranted,
    authorize: (client, subscription, callback) => {
      if (subscription === ONLY_A_SESSION) return callback(null, null)
      if (isGranted(client, subscription)) return callback(null, subscription)
      if (!client.connected && !client.clean) forget(client, subscription.topic)
      callback(null, null)
    },
    follow: (aedes) => {
      aedes.on('unsubscribe', (topics, client) => {
        for (const topic of topics) granted.revoke(client, topic)
      })
    },
  }
}
