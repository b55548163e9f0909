/**
 * The newest readings of one device, oldest first by time of receipt.
 *
 * What it knows: every reading of the device that is not older than its floor. So the newest n of it are the
 * newest n there are, as long as it holds n. A reading older than the floor is not kept; one that leaves for
 * lack of room raises the floor to itself. `leftAt` remembers the highest spool offset that ever left: until
 * the drain is past it, Postgres may lack a reading that memory has no more.
 */
import type { Reading } from '../core/reading.ts'
import { byReceipt, type Place } from './reading-order.ts'

/** The offset of a reading that came from Postgres. */
export const STORED = -1

export interface Held {
  readonly reading: Reading
  /** Its row in the spool, or STORED. */
  readonly offset: number
}

export interface ReadingRing {
  /** Adds a reading that just became durable. Answers how many readings more (or fewer) it holds now. */
  add(reading: Reading, offset: number): number
  /**
   * Takes over what Postgres and the ring hold together, oldest first.
   *
   * @param whole true when `held` is all there is of the device
   * @returns how many readings more it holds now
   */
  replace(held: readonly Held[], whole: boolean): number
  /** The newest `limit`, newest first. */
  newest(limit: number): readonly Reading[]
  readonly held: readonly Held[]
  /** Holds every reading of the device. */
  readonly whole: boolean
  readonly leftAt: number
  /** The highest offset it was given. */
  readonly lastOffset: number
}

const EVERYTHING: Place = { receivedAt: Number.NEGATIVE_INFINITY, ts: 0, seq: null }

/** An empty ring that knows of nothing before the time of receipt `since`. */
export const createReadingRing = (capacity: number, since: number): ReadingRing => {
  // Trimmed some at a time: to shift the array at each reading would cost more than the little it saves.
  const slack = Math.max(1, capacity >> 2)
  let held: Held[] = []
  let floor: Place = { receivedAt: since, ts: Number.NEGATIVE_INFINITY, seq: null }
  let leftAt = -1
  let lastOffset = -1

  const trim = (): void => {
    const gone = held.splice(0, held.length - capacity)
    for (const { offset } of gone) leftAt = Math.max(leftAt, offset)
    floor = gone.at(-1)?.reading ?? floor
  }

  return {
    add: (reading, offset) => {
      lastOffset = offset
      if (byReceipt(reading, floor) < 0) {
        leftAt = Math.max(leftAt, offset)
        return 0
      }
      const before = held.length
      let at = before
      while (at > 0 && byReceipt((held[at - 1] as Held).reading, reading) > 0) at -= 1
      if (at === before) held.push({ reading, offset })
      else held.splice(at, 0, { reading, offset })
      if (held.length > capacity + slack) trim()
      return held.length - before
    },
    replace: (all, whole) => {
      const before = held.length
      held = [...all]
      floor = whole ? EVERYTHING : (all[0]?.reading ?? floor)
      leftAt = -1
      if (held.length > capacity) trim()
      return held.length - before
    },
    newest: (limit) =>
      held
        .slice(-limit)
        .reverse()
        .map(({ reading }) => reading),
    get held() {
      return held
    },
    get whole() {
      return floor === EVERYTHING
    },
    get leftAt() {
      return leftAt
    },
    get lastOffset() {
      return lastOffset
    },
  }
}
