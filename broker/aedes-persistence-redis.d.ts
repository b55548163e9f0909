// The package ships no types. Its main door wraps a callback form that aedes 1.x no longer takes.
declare module 'aedes-persistence-redis/asyncPersistence.js' {
  export default class AsyncRedisPersistence {
    /** `packetTTL`: seconds for which a queued packet is kept. */
    constructor(options: {
      readonly conn: unknown
      readonly maxSessionDelivery?: number
      readonly packetTTL?: (packet: object) => number
    })
    setup(broker: object): Promise<void>
    /** Rejects when there is no such packet. */
    incomingGetPacket(
      client: { readonly id: string },
      packet: { readonly messageId?: number },
    ): Promise<unknown>
    incomingStorePacket(
      client: { readonly id: string },
      packet: { readonly messageId?: number },
    ): Promise<void>
    storeRetained(packet: object): Promise<void>
    createRetainedStreamCombi(patterns: readonly string[]): AsyncIterable<unknown>
    addSubscriptions(client: { readonly id: string }, subscriptions: readonly object[]): Promise<void>
    removeSubscriptions(client: { readonly id: string }, topics: readonly string[]): Promise<void>
    cleanSubscriptions(client: { readonly id: string }): Promise<void>
    subscriptionsByClient(client: { readonly id: string }): Promise<readonly object[]>
    subscriptionsByTopic(topic: string): Promise<readonly object[]>
    outgoingEnqueueCombi(subscriptions: readonly object[], packet: object): Promise<unknown>
    /** What was queued, and what was sent and not acked, in the order in which it came. */
    outgoingStream(client: { readonly id: string }): AsyncIterable<import('aedes').PublishPacket>
    cleanIncoming(client: { readonly id: string }): Promise<void>
    /** Rejects, without a code, when there is no such packet. */
    outgoingUpdate(client: { readonly id: string }, packet: object): Promise<void>
    /** The packet; undefined when there is none. */
    outgoingClearMessageId(client: { readonly id: string }, packet: object): Promise<unknown>
    putWill(client: { readonly id: string }, packet: object): Promise<void>
    delWill(client: object): Promise<unknown>
    streamWill(brokers: Readonly<Record<string, unknown>>): AsyncIterable<unknown>
  }
}
