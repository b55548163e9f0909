/**
 * Without a store (Redis) a process that has just started knows nothing of a device but what came since. Before
 * such values are told to anyone they are joined with the newest reading of history: a late one must not pass
 * for the latest. Metrics that only older readings hold come back with the next reading that has them. Many
 * devices are one query.
 */
import { mergeLatest, mergeReading } from '../core/latest.ts'
import { RETRY_POLICIES } from '../core/retry.ts'
import type { Clock, HistoryReader } from '../ports.ts'
import type { LatestEntry } from './latest-entry.ts'
import { createOutage } from './outage.ts'

export interface LatestCompleter {
  /** Notes an entry whose values may lack what history knows. */
  changed(entry: LatestEntry): void
  /** Gives up an entry that memory has no room for. */
  forget(entry: LatestEntry): void
  /** Asks history about what is noted, unless it is being asked, or is away and its next attempt not due. */
  turn(): void
  /** History failed last time: nobody waits for it. */
  readonly down: boolean
}

export interface LatestCompleterDeps {
  readonly history: HistoryReader
  readonly clock: Clock
  readonly random: () => number
}

/** @param maxPerQuery devices in one query of history */
export const createLatestCompleter = (
  { history, clock, random }: LatestCompleterDeps,
  maxPerQuery: number,
): LatestCompleter => {
  const noted = new Set<LatestEntry>()
  const outage = createOutage(clock, random, RETRY_POLICIES.postgres)
  let busy = false

  const complete = async (entries: readonly LatestEntry[]): Promise<void> => {
    const stored = await history.newest(entries.map(({ deviceId }) => deviceId))
    const known = new Map(stored.map((reading) => [reading.deviceId, mergeReading(undefined, reading)]))
    for (const entry of entries) {
      entry.latest = mergeLatest(known.get(entry.deviceId), entry.latest)
      entry.complete = true
      noted.delete(entry)
    }
  }

  const run = async (): Promise<void> => {
    busy = true
    try {
      while (noted.size > 0) {
        const entries = [...noted].slice(0, maxPerQuery)
        await complete(entries)
      }
      outage.succeeded()
    } catch {
      // Whoever reads history is told of its outage; here nothing is lost by it.
      outage.failed()
    } finally {
      busy = false
    }
  }

  return {
    changed: (entry) => {
      if (!entry.complete) noted.add(entry)
    },
    forget: (entry) => void noted.delete(entry),
    turn: () => {
      if (!busy && noted.size > 0 && outage.due()) void run()
    },
    get down() {
      return outage.active
    },
  }
}
