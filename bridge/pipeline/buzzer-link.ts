/**
 * The way of the buzzer to its store: one outage for reads, writes and ids together. While it lasts, nobody waits
 * for a store that was just found to be away; it is told once.
 */
import { BridgeError, isBridgeError } from '../core/errors.ts'
import { RETRY_POLICIES } from '../core/retry.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock } from '../ports.ts'
import { createOutage } from './outage.ts'

export interface BuzzerLink {
  /** The store did not answer last time. */
  readonly down: boolean
  /** True when the store may be asked. */
  due(): boolean
  /** Asks the store; throws STORE_UNAVAILABLE at once while it is away and its next attempt not due. */
  ask<T>(work: () => Promise<T>): Promise<T>
  /** Asks the store whatever its last answer was: for who has waited, or cannot wait any more. */
  insist<T>(work: () => Promise<T>): Promise<T>
}

export interface BuzzerLinkDeps {
  readonly clock: Clock
  readonly random: () => number
  readonly events: BridgeEmitter
}

/** A link that is not down. */
export const createBuzzerLink = ({ clock, random, events }: BuzzerLinkDeps): BuzzerLink => {
  const outage = createOutage(clock, random, RETRY_POLICIES.postgres)

  const insist = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await work()
      outage.succeeded()
      return result
    } catch (error) {
      // A refused row says nothing about the store.
      if (!isBridgeError(error, 'ROW_REFUSED') && outage.failed()) events.emit('buzzer:failed', { error })
      throw error
    }
  }

  return {
    get down() {
      return outage.active
    },
    due: outage.due,
    ask: async (work) => {
      if (!outage.due()) {
        throw new BridgeError('STORE_UNAVAILABLE', 'The store of buzzer requests is away: try again later')
      }
      return insist(work)
    },
    insist,
  }
}
