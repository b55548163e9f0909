/**
 * Keeps the minutes and hours of readings, of whichever node has the lock, in rounds: forward, what came late, what is
 * older, what is over its time. Everything is made of the raw readings, so a round that fails is done again; what may
 * be read at any moment is said by `rollup_state` and `rollup_marks` (migrations/0012_rollups.sql).
 */
import { type PartitionedTable, partitionOf } from '../core/partition.ts'
import { effectiveRetention, type RetentionDays } from '../core/retention.ts'
import type { Lifecycle } from '../ports.ts'
import { readError } from './postgres-errors.ts'
import type { Partitions } from './postgres-partitions.ts'
import { createBackfill } from './rollup-backfill.ts'
import { goForward, type RollupWork } from './rollup-forward.ts'
import { addLateMonths } from './rollup-late-months.ts'
import { makeMarked } from './rollup-marks-round.ts'
import { dropOld } from './rollup-retention.ts'
import { createRollupSession, type RollupSessionOptions, Stopped } from './rollup-session.ts'

export interface RollupsDeps {
  readonly partitions: Pick<Partitions, 'ensureFor'>
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
}

export interface RollupsOptions extends RollupSessionOptions {
  /** Between two rounds. Default 10,000. */
  readonly everyMs?: number
  /** Default: everything is kept for ever. */
  readonly retention?: RetentionDays
  /** What is over its time, or came for a dropped month, is looked for so often. Default an hour. */
  readonly upkeepEveryMs?: number
  /** A round failed; the next one tries again. */
  readonly onError?: (error: unknown) => void
  readonly onDropped?: (partitions: readonly string[]) => void
}

/** Since the start of this process. */
export interface RollupCounts {
  /** Rounds that failed. */
  readonly errors: number
  /** Numbers that were left out of a minute or an hour: their device has too many series. */
  readonly seriesRefused: number
}

export interface Rollups extends Lifecycle {
  /** Does everything that there is to do now, after a round under way. Throws STORE_UNAVAILABLE. */
  round(): Promise<void>
  counts(): RollupCounts
}

const FOR_EVER: RetentionDays = { sensor_data: 0, readings_minute: 0, readings_hour: 0 }
const HOUR_MS = 3_600_000
const RETRY_MS = 600_000

/** Partitions that are known to be there. */
const createEnsure = (partitions: Pick<Partitions, 'ensureFor'>) => {
  const known = new Set<string>()
  const ensure = async (table: PartitionedTable, time: number): Promise<void> => {
    const { name } = partitionOf(table, time)
    if (known.has(name)) return
    await partitions.ensureFor([time], table)
    known.add(name)
  }
  return { ensure, forget: () => known.clear() }
}

/** See the head of this file. */
export const createRollups = ({ partitions, monotonic }: RollupsDeps, options: RollupsOptions): Rollups => {
  const retention = effectiveRetention(options.retention ?? FOR_EVER)
  const { everyMs = 10_000, upkeepEveryMs = HOUR_MS } = options
  const session = createRollupSession({ monotonic }, options)
  const { ensure, forget } = createEnsure(partitions)
  let errors = 0
  let seriesRefused = 0
  const leftOut = (count: number): void => {
    seriesRefused += count
  }
  const work: RollupWork = { session, ensure, leftOut }
  const backfill = createBackfill(work)
  let nextUpkeep = Number.NEGATIVE_INFINITY
  let tail: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isStarted = false
  let isStopped = false

  const upkeep = async (): Promise<void> => {
    if (monotonic() < nextUpkeep) return
    // Whoever uses a table for long is not disturbed every ten seconds.
    nextUpkeep = monotonic() + Math.min(upkeepEveryMs, RETRY_MS)
    await addLateMonths(work)
    const dropped = await dropOld(session, retention)
    nextUpkeep = monotonic() + upkeepEveryMs
    forget()
    if (dropped.length > 0) options.onDropped?.(dropped)
  }

  const attempt = async (): Promise<void> => {
    if (!(await session.take())) return
    for (let more = true; more; ) {
      await goForward(work)
      await makeMarked(work)
      more = await backfill.back()
    }
    await upkeep()
  }

  const round = (): Promise<void> => {
    tail = tail
      .catch(() => {})
      .then(attempt)
      .catch((error) => {
        forget()
        if (error instanceof Stopped) return
        errors += 1
        throw readError(error, 'Making minutes and hours of readings')
      })
    return tail
  }

  const later = (): void => {
    if (isStopped) return
    timer = setTimeout(() => {
      round()
        .catch((error) => options.onError?.(error))
        .finally(later)
    }, everyMs).unref()
  }

  return {
    start: async () => {
      if (isStarted) return
      isStarted = true
      later()
    },
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await session.close()
      await tail.catch(() => {})
    },
    round,
    counts: () => ({ errors, seriesRefused }),
  }
}
