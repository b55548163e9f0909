/** Lets a few pieces of work run at once; the others wait in a queue with an end. */
export interface Gate {
  /** What the work gives, once it was its turn; undefined, at once, when too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined
  /** How many wait for their turn. */
  readonly waiting: number
}

export interface GateOptions {
  readonly atOnce: number
  readonly maxWaiting: number
}

/** A gate with nobody in it. */
export const createGate = ({ atOnce, maxWaiting }: GateOptions): Gate => {
  const waiting: (() => void)[] = []
  let running = 0

  const start = async <T>(work: () => Promise<T>): Promise<T> => {
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }

  return {
    run: <T>(work: () => Promise<T>) => {
      if (running < atOnce) return start(work)
      if (waiting.length >= maxWaiting) return undefined
      return new Promise<T>((resolve, reject) => {
        waiting.push(() => start(work).then(resolve, reject))
      })
    },
    get waiting() {
      return waiting.length
    },
  }
}
