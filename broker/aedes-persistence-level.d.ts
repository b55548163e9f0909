// The package ships no types. Its main door wraps a callback form that aedes 1.x no longer takes.
declare module 'aedes-persistence-level/asyncPersistence.js' {
  export default class AsyncLevelPersistence {
    constructor(db: unknown)
    /** Rejects when there is no such packet. */
    incomingGetPacket(
      client: { readonly id: string },
      packet: { readonly messageId?: number },
    ): Promise<unknown>
    createRetainedStreamCombi(patterns: readonly string[]): import('node:stream').Readable
    addSubscriptions(client: { readonly id: string }, subscriptions: readonly object[]): Promise<void>
    subscriptionsByTopic(topic: string): Promise<readonly object[]>
    outgoingEnqueueCombi(subscriptions: readonly object[], packet: object): Promise<unknown>
  }
}
