/** A queue that takes the same time for each of its entries, however many wait: `shift` of a long array moves all of them. */
export interface Fifo<T> {
  push(entry: T): void
  /** The oldest; undefined when there is none. */
  shift(): T | undefined
  readonly length: number
}

/** Entries taken out before the array is made shorter. */
const COMPACT_AFTER = 1_024

/** An empty one. */
export const createFifo = <T>(): Fifo<T> => {
  let entries: (T | undefined)[] = []
  let head = 0
  return {
    push: (entry) => void entries.push(entry),
    shift: () => {
      if (head === entries.length) return undefined
      const entry = entries[head]
      entries[head] = undefined
      head += 1
      if (head >= COMPACT_AFTER && head * 2 >= entries.length) {
        entries = entries.slice(head)
        head = 0
      }
      return entry
    },
    get length() {
      return entries.length - head
    },
  }
}
