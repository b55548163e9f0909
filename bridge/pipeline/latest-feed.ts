/**
 * Tells listeners the latest values of the devices that changed, each device at most once in `minIntervalMs`:
 * what came in between is left out, newest wins, and the last change is always told. `turn` does the telling
 * and is called by the one timer all devices share.
 */
import type { Latest } from '../core/latest.ts'
import type { Clock } from '../ports.ts'
import type { LatestEntry } from './latest-entry.ts'

export type LatestListener = (latest: Latest) => void

export interface LatestFeedOptions {
  readonly minIntervalMs: number
  /** Devices told in one turn, so that a storm does not hold up the event loop; the rest is next. */
  readonly maxPerTurn: number
}

export interface LatestFeed {
  /** Adds a listener; the answer removes it. A listener that throws is reported and goes on being told. */
  add(listener: LatestListener): () => void
  /** Notes that a device's latest values changed. */
  changed(entry: LatestEntry): void
  /** Not to be told after all. */
  forget(entry: LatestEntry): void
  /** Tells what is due. `all` tells whatever waits, due or not. */
  turn(all?: 'all'): void
}

export interface LatestFeedDeps {
  readonly clock: Clock
  /** False for a device whose latest values cannot be trusted yet; it goes on waiting. */
  readonly isReady: (entry: LatestEntry) => boolean
  readonly onError: (error: unknown) => void
}

/** A feed without listeners; what changes before there is one is told to nobody. */
export const createLatestFeed = (
  { clock, isReady, onError }: LatestFeedDeps,
  { minIntervalMs, maxPerTurn }: LatestFeedOptions,
): LatestFeed => {
  const listeners = new Set<LatestListener>()
  const waiting = new Set<LatestEntry>()

  const tell = (entry: LatestEntry): void => {
    waiting.delete(entry)
    entry.feedDue = false
    for (const listener of listeners) {
      try {
        listener(entry.latest)
      } catch (error) {
        onError(error)
      }
    }
  }

  return {
    add: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    changed: (entry) => {
      if (entry.feedDue || listeners.size === 0) return
      entry.feedDue = true
      waiting.add(entry)
    },
    forget: (entry) => {
      waiting.delete(entry)
      entry.feedDue = false
    },
    turn: (all) => {
      const now = clock()
      let told = 0
      for (const entry of waiting) {
        // A clock set back must not silence a device.
        const since = Math.abs(now - entry.fedAt)
        if (all === undefined && (since < minIntervalMs || !isReady(entry))) continue
        entry.fedAt = now
        tell(entry)
        told += 1
        if (all === undefined && told >= maxPerTurn) return
      }
    },
  }
}
