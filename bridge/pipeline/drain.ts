/**
 * Carries rows from the spool into the sink, exactly once: the cursor moves in the transaction that stores
 * the rows, and whatever fails, the cursor is read back and the work goes on from there.
 *
 * One batch is under way at a time. While it is, the next one gathers in the spool; so the batches grow with
 * the load and nothing here needs tuning to it.
 */
import { entryEnd } from '../core/entry-end.ts'
import { isBridgeError } from '../core/errors.ts'
import { RETRY_POLICIES, retryDelay } from '../core/retry.ts'
import type { BridgeEmitter } from '../events.ts'
import type { ReadingSink, SpoolEntry, SpoolStore } from '../ports.ts'
import { chunksOf } from './entry-rows.ts'
import { createPause } from './pause.ts'
import { createRefusedRows } from './refused-rows.ts'
import { createWaitingRows } from './waiting-rows.ts'

export interface DrainOptions {
  /** A row waits at most about this long before its COPY begins. */
  readonly maxAgeMs: number
  /** A COPY begins at once when this much waits. */
  readonly maxRows: number
  readonly maxBytes: number
  /** The most that one COPY carries. */
  readonly batchBytes: number
}

export const DRAIN_DEFAULTS: DrainOptions = {
  maxAgeMs: 200,
  maxRows: 5_000,
  maxBytes: 1024 * 1024,
  batchBytes: 4 * 1024 * 1024,
}

export interface DrainDeps {
  readonly spool: Pick<SpoolStore, 'read' | 'trim'>
  readonly spoolId: string
  readonly sink: ReadingSink
  readonly events: BridgeEmitter
  readonly now: () => number
  readonly monotonic: () => number
  readonly random: () => number
}

export interface Drain {
  start(): void
  /** Tells of rows made durable, and where they end. */
  notify(rows: number, bytes: number, end?: number): void
  /** Every row below this offset is in the sink; 0 until the cursor was read. */
  readonly position: number
  /** The last batch could not be stored, and none has been since. */
  readonly failing: boolean
  /** Rows known to wait. After a start in the middle of a backlog: at least these. */
  readonly waiting: number
  /** Stores what is left while the sink takes it, at most until `deadlineMs` from now; then stops. */
  stop(deadlineMs: number): Promise<void>
}

/** How much may be stored before the spool is trimmed, and how often it is at least. */
const TRIM_BYTES = 8 * 1024 * 1024
const TRIM_EVERY_MS = 1_000

interface Content {
  readonly readings: number
  readonly deadLetters: number
  readonly bytes: number
}

/** What the entries hold at or after `from`; the bytes are those of the whole entries. */
const contentOf = (entries: readonly SpoolEntry[], from: number): Content => {
  let readings = 0
  let deadLetters = 0
  let bytes = 0
  for (const entry of entries) {
    const skipped = Math.max(0, from - entry.offset)
    readings += Math.max(0, entry.readingRows - skipped)
    deadLetters += entry.deadRows - Math.max(0, skipped - entry.readingRows)
    bytes += entry.readings.byteLength + entry.deadLetters.byteLength
  }
  return { readings, deadLetters, bytes }
}

/** A drain of one spool into one sink. */
export const createDrain = (deps: DrainDeps, options: DrainOptions = DRAIN_DEFAULTS): Drain => {
  const { spool, spoolId, sink, events, monotonic, random } = deps
  const pause = createPause()
  const waiting = createWaitingRows(options, monotonic)
  let position: number | undefined
  let reached = 0
  let stopBy: number | undefined
  let running: Promise<void> | undefined
  let trimmed = 0
  let trimNext = 0
  let trimmedAt = 0
  let trimBytes = 0
  let failingSince: number | undefined
  let lostTo = 0

  /**
   * One step behind: what was stored since the last trim stays in the spool until the next one, so that a start
   * after a crash finds the newest readings there and tells the right latest values.
   * A trim that fails costs room, not rows: the drain goes on, and tries again.
   */
  const trim = async (offset: number): Promise<void> => {
    trimNext = reached
    trimmedAt = monotonic()
    trimBytes = 0
    if (offset === trimmed) return
    try {
      await spool.trim(offset)
      trimmed = offset
    } catch (error) {
      events.emit('bridge:error', { error: error as Error, where: 'trimming the spool' })
    }
  }

  const moveTo = (offset: number): void => {
    position = offset
    reached = offset
  }

  const refused = createRefusedRows({ ...deps, moveTo })

  const recovered = (): void => {
    if (failingSince === undefined) return
    events.emit('drain:recovered', { outageMs: monotonic() - failingSince })
    failingSince = undefined
  }

  /**
   * Counts rows that should be there and are not: the files of the spool were damaged. Once, however often the
   * batch behind them is tried.
   */
  const countLost = (from: number, previousEnd: number): void => {
    if (from === 0 || previousEnd <= Math.max(from, lostTo)) return
    lostTo = previousEnd
    const lostRows = previousEnd - from
    const detail = `rows ${from} to ${previousEnd - 1} of the spool are missing`
    events.emit('spool:damaged', { lostRows, detail })
    events.emit('message:dropped', { reason: 'spool-damaged', count: lostRows })
  }

  const store = async (entries: readonly SpoolEntry[], from: number, to: number): Promise<void> => {
    try {
      await sink.store({ spoolId, from, to, ...chunksOf(entries, from) })
    } catch (error) {
      if (!isBridgeError(error, 'ROW_REFUSED')) throw error
      await refused.store(entries, from)
    }
    moveTo(to)
  }

  /** One batch; false when there was nothing to store. */
  const copy = async (): Promise<boolean> => {
    const from = position ?? 0
    const mark = waiting.mark()
    const entries = await spool.read(from, options.batchBytes)
    if (entries.length === 0) {
      waiting.none(mark)
      return false
    }
    let to = from
    for (const entry of entries) {
      countLost(to, entry.previousEnd)
      to = entryEnd(entry)
    }
    const started = monotonic()
    await store(entries, from, to)
    const { readings, deadLetters, bytes } = contentOf(entries, from)
    waiting.stored(mark, { rows: readings + deadLetters, bytes, to }, started)
    trimBytes += bytes
    const ms = monotonic() - started
    events.emit('drain:stored', { readings, deadLetters, bytes, ms, waiting: waiting.rows })
    return true
  }

  const step = async (): Promise<void> => {
    if (position === undefined) moveTo((await sink.cursor(spoolId)) ?? 0)
    if (waiting.isDue() || stopBy !== undefined) {
      const stored = await copy()
      if (!stored && stopBy !== undefined) stopBy = monotonic()
    }
    // Only now: a sink may tell its cursor and yet store nothing.
    recovered()
    if (trimBytes >= TRIM_BYTES || monotonic() - trimmedAt >= TRIM_EVERY_MS) await trim(trimNext)
  }

  const idle = async (): Promise<void> => {
    if (waiting.isDue() || stopBy !== undefined) return
    await pause.wait(Math.max(1, Math.min(waiting.untilDue(), TRIM_EVERY_MS)))
  }

  const failed = async (error: unknown, attempt: number): Promise<void> => {
    position = undefined
    // The cursor may come back from further behind than the rows counted reach.
    waiting.unknown()
    if (stopBy !== undefined) {
      stopBy = monotonic() // what is left stays in the spool for the next start
      return
    }
    failingSince ??= monotonic()
    const retryInMs = retryDelay(attempt, RETRY_POLICIES.postgres, random)
    events.emit('drain:failed', { error, retryInMs })
    await pause.wait(retryInMs)
  }

  const stopNow = (): boolean => stopBy !== undefined && monotonic() >= stopBy

  const run = async (): Promise<void> => {
    let attempt = 0
    while (!stopNow()) {
      try {
        await step()
        attempt = 0
        await idle()
      } catch (error) {
        attempt += 1
        await failed(error, attempt)
      }
    }
    await trim(reached)
  }

  return {
    start: () => {
      running ??= run()
    },
    notify: (rows, bytes, end) => {
      const matters = waiting.add(rows, bytes, end)
      // Not out of the pause between two attempts: rows do not bring Postgres back.
      if (matters && failingSince === undefined) pause.wake()
    },
    get position() {
      return reached
    },
    get failing() {
      return failingSince !== undefined
    },
    get waiting() {
      return waiting.rows
    },
    stop: async (deadlineMs) => {
      stopBy ??= monotonic() + deadlineMs
      pause.wake()
      await running
    },
  }
}
