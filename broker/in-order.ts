/**
 * Lets what is done side by side end in the order in which it began. The store does its work in threads, and Aedes
 * goes on with each message when its own is done: messages of one topic would overtake each other [MQTT-4.6.0-6].
 */

/** `work`, settled not before what was given before it under the same key. */
export type InOrder = <Result>(key: string, work: Promise<Result>) => Promise<Result>

/** Keeps nothing of what has ended. */
export const createInOrder = (): InOrder => {
  const tails = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const before = tails.get(key)
    const settled =
      before === undefined
        ? work
        : before.then(
            () => work,
            () => work,
          )
    // What fails early is waited for, not lost.
    work.catch(() => undefined)
    const forget = (): void => {
      if (tails.get(key) === settled) tails.delete(key)
    }
    tails.set(key, settled)
    settled.then(forget, forget)
    return settled
  }
}
