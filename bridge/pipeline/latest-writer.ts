/**
 * Carries changed latest values into the store. Per device only the newest state is written, however often it
 * changed in between; one write is under way at a time. While the store is away the changed devices stay
 * marked (memory bounds how many there are) and are written when it is back.
 */
import { mergeLatest } from '../core/latest.ts'
import { RETRY_POLICIES } from '../core/retry.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, LatestStore } from '../ports.ts'
import type { LatestEntry } from './latest-entry.ts'
import { createMarkedWriter, type MarkedWriter } from './marked-writer.ts'
import { createOutage } from './outage.ts'

export interface LatestWriter extends MarkedWriter<LatestEntry> {
  /** The store failed last time. */
  readonly down: boolean
}

export interface LatestWriterDeps {
  readonly store: LatestStore
  readonly clock: Clock
  readonly random: () => number
  readonly events: BridgeEmitter
  /** Called when the store knew more of a device than memory did. */
  readonly onFilled: (entry: LatestEntry) => void
}

/** A writer to one store. @param maxPerWrite devices in one call of the store */
export const createLatestWriter = (deps: LatestWriterDeps, maxPerWrite: number): LatestWriter => {
  const { store, clock, random, events, onFilled } = deps
  const outage = createOutage(clock, random, RETRY_POLICIES.redis)

  /** A process that has just started knows less than the store does. */
  const fill = async (entries: readonly LatestEntry[]): Promise<void> => {
    const partial = entries.filter(({ complete }) => !complete)
    if (partial.length === 0) return
    const stored = await store.get(partial.map(({ deviceId }) => deviceId))
    const known = new Map(stored.map((latest) => [latest.deviceId, latest]))
    for (const entry of partial) {
      const before = known.get(entry.deviceId)
      entry.complete = true
      if (before === undefined) continue
      entry.latest = mergeLatest(before, entry.latest)
      onFilled(entry)
    }
  }

  const write = async (entries: readonly LatestEntry[]): Promise<boolean> => {
    try {
      await fill(entries)
      await store.put(entries.map(({ latest }) => latest))
      if (outage.succeeded()) events.emit('latest:store', { available: true })
      return true
    } catch (error) {
      if (outage.failed()) events.emit('latest:store', { available: false, error })
      return false
    }
  }

  const writer = createMarkedWriter<LatestEntry>({ write, due: outage.due }, maxPerWrite)

  return {
    changed: writer.changed,
    forget: writer.forget,
    turn: writer.turn,
    flush: writer.flush,
    get down() {
      return outage.active
    },
    get unsaved() {
      return writer.unsaved
    },
  }
}
