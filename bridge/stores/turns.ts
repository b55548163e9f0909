import { BridgeError } from '../core/errors.ts'

export interface TurnsOptions {
  /** At a time. */
  readonly maxRunning: number
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

/** Lets so many run at a time, in order; others wait. Throws BUSY when too many do, or one waits for too long. */
export const createTurns = ({ maxRunning, maxWaiting, maxWaitMs }: TurnsOptions) => {
  const waiting = new Set<() => void>()
  let running = 0

  const turn = (): Promise<void> => {
    if (running < maxRunning) {
      running += 1
      return Promise.resolve()
    }
    if (waiting.size >= maxWaiting) throw new BridgeError('BUSY', `${waiting.size} wait already`)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(go)
        reject(new BridgeError('BUSY', `No turn within ${maxWaitMs} ms`))
      }, maxWaitMs)
      const go = (): void => {
        clearTimeout(timer)
        resolve()
      }
      waiting.add(go)
    })
  }

  /** Hands the turn on. */
  const end = (): void => {
    const [next] = waiting
    if (next === undefined) {
      running -= 1
      return
    }
    waiting.delete(next)
    next()
  }

  return async <T>(work: () => Promise<T>): Promise<T> => {
    await turn()
    try {
      return await work()
    } finally {
      end()
    }
  }
}

export type Turns = ReturnType<typeof createTurns>
