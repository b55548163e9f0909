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
import { createOutage } from './outage.ts'

export interface LatestWriter {
  /** Notes that a device's latest values are not in the store yet. */
  changed(entry: LatestEntry): void
  /** Gives up an entry that memory has no room for. */
  forget(entry: LatestEntry): void
  /** Writes what is marked now, unless the store is away and its next attempt not due. */
  turn(): void
  /** Writes what is marked now. Never rejects: what could not be written stays marked. */
  flush(): Promise<void>
  /** The store failed last time. */
  readonly down: boolean
  /** Devices marked. */
  readonly unsaved: number
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
  const marked = new Set<LatestEntry>()
  const outage = createOutage(clock, random, RETRY_POLICIES.redis)
  let tail: Promise<void> = Promise.resolve()
  let busy = false

  const changed = (entry: LatestEntry): void => {
    if (entry.dirty) return
    entry.dirty = true
    marked.add(entry)
  }

  const take = (count: number): readonly LatestEntry[] => {
    const taken: LatestEntry[] = []
    for (const entry of marked) {
      if (taken.length === count) break
      taken.push(entry)
      entry.writing = true
      entry.dirty = false
      marked.delete(entry)
    }
    return taken
  }

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
      entries.forEach(changed)
      if (outage.failed()) events.emit('latest:store', { available: false, error })
      return false
    } finally {
      for (const entry of entries) entry.writing = false
    }
  }

  const run = async (): Promise<void> => {
    busy = true
    // Devices that change while this runs are for the next run.
    let left = marked.size
    while (left > 0 && marked.size > 0) {
      const entries = take(Math.min(left, maxPerWrite))
      left -= entries.length
      if (!(await write(entries))) break
    }
    busy = false
  }

  const flush = (): Promise<void> => {
    tail = tail.then(run)
    return tail
  }

  return {
    changed,
    forget: (entry) => {
      entry.dirty = false
      marked.delete(entry)
    },
    turn: () => {
      if (!busy && marked.size > 0 && outage.due()) void flush()
    },
    flush,
    get down() {
      return outage.active
    },
    get unsaved() {
      return marked.size
    },
  }
}
