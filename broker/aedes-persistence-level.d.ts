// The package ships no types. Its main door wraps a callback form that aedes 1.x no longer takes.
declare module 'aedes-persistence-level/asyncPersistence.js' {
  export default class AsyncLevelPersistence {
    constructor(db: unknown)
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
    /** An empty payload removes what is there. */
    storeRetained(packet: object): Promise<void>
    createRetainedStreamCombi(patterns: readonly string[]): import('node:stream').Readable
    createRetainedStream(pattern: string): import('node:stream').Readable
    addSubscriptions(client: { readonly id: string }, subscriptions: readonly object[]): Promise<void>
    removeSubscriptions(client: { readonly id: string }, topics: readonly string[]): Promise<void>
    cleanSubscriptions(client: { readonly id: string }): Promise<void>
    subscriptionsByClient(client: { readonly id: string }): Promise<readonly object[]>
    subscriptionsByTopic(topic: string): Promise<readonly object[]>
    outgoingEnqueueCombi(subscriptions: readonly object[], packet: object): Promise<unknown>
    /** What was queued, and what was sent and not acked, in the order in which it came. */
    outgoingStream(client: { readonly id: string }): import('node:stream').Readable
    cleanIncoming(client: { readonly id: string }): Promise<void>
    /** Rejects, without a code, when there is no such packet. */
    outgoingUpdate(client: { readonly id: string }, packet: object): Promise<void>
    /** The packet; undefined when there is none. */
    outgoingClearMessageId(client: { readonly id: string }, packet: object): Promise<unknown>
  }
}
