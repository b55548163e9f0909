import { type RetryPolicy, retryDelay } from '../core/retry.ts'
import type { Clock } from '../ports.ts'

/** Whether a store is away, since when nobody should ask it, and who has been told. */
export interface Outage {
  readonly active: boolean
  /** True when the store may be tried: there is no outage, or its next attempt is due. */
  due(): boolean
  /** Notes a failure; true for the first one of an outage. */
  failed(): boolean
  /** Notes a success; true when it ends an outage. */
  succeeded(): boolean
}

/** No outage yet. */
export const createOutage = (clock: Clock, random: () => number, policy: RetryPolicy): Outage => {
  let attempts = 0
  let nextAt = 0

  return {
    get active() {
      return attempts > 0
    },
    due: () => {
      const waits = nextAt - clock()
      // More than any delay: the clock was set back, and the store must not go unasked for as long.
      return attempts === 0 || waits <= 0 || waits > policy.maxDelayMs
    },
    failed: () => {
      attempts += 1
      nextAt = clock() + retryDelay(attempts, policy, random)
      return attempts === 1
    },
    succeeded: () => {
      const ended = attempts > 0
      attempts = 0
      return ended
    },
  }
}
