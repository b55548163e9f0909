/**
 * How long answers took lately, in a memory that does not grow: two histograms that take turns, so that what is
 * told is of the last one to two turns.
 */
import { createHistogram } from 'node:perf_hooks'

export interface ResponseTimes {
  /** Milliseconds from the request to the end of its answer. */
  add(ms: number): void
  /** Milliseconds, to the microsecond; null when nothing was added lately. */
  read(): {
    readonly count: number
    readonly p50: number | null
    readonly p99: number | null
    readonly max: number | null
  }
}

const TURN_MS = 60_000
const US_PER_MS = 1_000
/** An hour: the histograms keep two digits up to it. */
const LONGEST_US = 3_600_000_000

const newHistogram = () => createHistogram({ lowest: 1, highest: LONGEST_US, figures: 2 })

/** `monotonic`: milliseconds that never jump. */
export const createResponseTimes = (monotonic: () => number, turnMs: number = TURN_MS): ResponseTimes => {
  let current = newHistogram()
  let before = newHistogram()
  let turnedAt = monotonic()

  const turn = (): void => {
    const passed = monotonic() - turnedAt
    if (passed < turnMs) return
    const oldest = before
    oldest.reset()
    before = current
    current = oldest
    if (passed >= turnMs * 2) before.reset()
    turnedAt += passed
  }

  return {
    add: (ms) => {
      turn()
      current.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * US_PER_MS))))
    },
    read: () => {
      turn()
      const both = newHistogram()
      both.add(before)
      both.add(current)
      if (both.count === 0) return { count: 0, p50: null, p99: null, max: null }
      const [p50, p99] = [both.percentile(50) / US_PER_MS, both.percentile(99) / US_PER_MS]
      return { count: both.count, p50, p99, max: both.max / US_PER_MS }
    },
  }
}
