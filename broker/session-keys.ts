/**
 * Where the persistence of Aedes keeps what belongs to one session, and where we keep beside it whose session it
 * is. The persistence itself can delete one by one only.
 */

/** Everything under a prefix, which ends with `:`; the next character bounds it. */
const under = (prefix: string): { readonly gte: string; readonly lt: string } => ({
  gte: `${prefix}:`,
  lt: `${prefix};`,
})

/** Beside its subscriptions. */
export const queuesOf = (clientId: string) =>
  ['outgoing', 'outgoing-id', 'incoming'].map((kind) => under(`${kind}:${encodeURIComponent(clientId)}`))

/**
 * Stands for the subscriptions of a kept session that has none: Aedes tells a client of its session by them. No
 * client can subscribe to it by this object, and it is never granted.
 */
export const ONLY_A_SESSION = { topic: '$session', qos: 0 } as const

export const ALL_QUEUED = under('outgoing')
export const ALL_RETAINED = under('retained')
export const ALL_SUBSCRIPTIONS = under('subscriptions')
export const ALL_OWNERS = under('owner')

export const ownerKey = (clientId: string): string => `owner:${encodeURIComponent(clientId)}`

/** The client id in any of these keys. */
export const clientIdIn = (key: string): string => decodeURIComponent(key.split(':')[1] ?? '')

/** The topic in the key of a retained message. */
export const topicIn = (key: string): string => key.slice(ALL_RETAINED.gte.length)
