/**
 * Hands batches to every viewer, some of them a turn of the event loop: a write costs about 10 µs, and 1,000 of
 * them in one go would hold up the acks of boards for 10 ms and more. Every viewer gets the batches in order.
 */
import type { Batch } from './outbox.ts'
import type { Viewer } from './viewer.ts'

const VIEWERS_A_TURN = 100
const MAX_WAITING = 16

export interface FanOut {
  /** False: the batch was given up, as too many are under way. */
  deliver(batch: Batch): boolean
  /** Forgets the batches under way. */
  clear(): void
}

export const createFanOut = (
  viewers: ReadonlySet<Viewer>,
  hand: (viewer: Viewer, batch: Batch) => void,
): FanOut => {
  const waiting: Batch[] = []
  /**
   * Who has not been handed the first of them. Kept only on the way: an iterator holds on to every table that its set
   * has outgrown, and so to viewers that are long gone.
   */
  let rest: Iterator<Viewer, undefined> | undefined
  let next: NodeJS.Immediate | undefined

  const turn = (): void => {
    next = undefined
    for (let handed = 0; handed < VIEWERS_A_TURN && waiting[0] !== undefined; handed += 1) {
      rest ??= viewers.values()
      const { value: viewer } = rest.next()
      if (viewer !== undefined) {
        hand(viewer, waiting[0])
      } else {
        waiting.shift()
        rest = undefined
      }
    }
    if (waiting.length > 0) next = setImmediate(turn)
  }

  return {
    deliver: (batch) => {
      if (waiting.length >= MAX_WAITING) return false
      waiting.push(batch)
      if (waiting.length > 1) return true
      turn()
      return true
    },
    clear: () => {
      clearImmediate(next)
      next = undefined
      waiting.length = 0
      rest = undefined
    },
  }
}
