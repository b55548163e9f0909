/** Begins what is given under the same key only when what was given before it has ended, however it did. */
export type InTurn = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>

/** Keeps nothing of what has ended. */
export const createInTurn = (): InTurn => {
  const tails = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const before = tails.get(key)
    const done = before === undefined ? work() : before.then(work, work)
    const forget = (): void => {
      if (tails.get(key) === done) tails.delete(key)
    }
    tails.set(key, done)
    done.then(forget, forget)
    return done
  }
}
