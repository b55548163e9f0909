/**
 * Carries rows from the spool into the sink, exactly once: the cursor moves in the transaction that stores
 * the rows, and whatever fails, the cursor is read back and the work goes on from there.
 *
 * One batch is under way at a time. While it is, the next one gathers in the spool; so the batches grow with
 * the load and nothing here needs tuning to it.
 */
import { shouldCopy } from '../core/batch.ts'
import { isBridgeError } from '../core/errors.ts'
import { RETRY_POLICIES, retryDelay } from '../core/retry.ts'
import type { BridgeEmitter } from '../events.ts'
import type { ReadingSink, SpoolStore } from '../ports.ts'
import { chunksOf, endOf } from './entry-rows.ts'
import { createPause } from './pause.ts'
import { createRefusedRows } from './refused-rows.ts'

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
  /** Rows known to wait. After a start in the middle of a backlog: at least these. */
  readonly waiting: number
  /** Stores what is left while the sink takes it, at most until `deadlineMs` from now; then stops. */
  stop(deadlineMs: number): Promise<void>
}

/** How much may be stored before the spool is trimmed, and how often it is at least. */
const TRIM_BYTES = 8 * 1024 * 1024
const TRIM_EVERY_MS = 1_000

/** A drain of one spool into one sink. */
export const createDrain = (deps: DrainDeps, options: DrainOptions = DRAIN_DEFAULTS): Drain => {
  const { spool, spoolId, sink, events, monotonic, random } = deps
  const pause = createPause()
  let position: number | undefined
  let reached = 0
  let rows = 0
  let bytes = 0
  let oldestSince = 0
  let backlog = true
  let knownEnd: number | undefined
  let stopBy: number | undefined
  let running: Promise<void> | undefined
  let trimmed = 0
  let trimmedAt = 0
  let trimBytes = 0
  let failingSince: number | undefined
  let lostTo = 0

  const due = (): boolean =>
    backlog || shouldCopy({ rows, bytes, oldestAgeMs: rows === 0 ? 0 : monotonic() - oldestSince }, options)

  const trim = async (): Promise<void> => {
    if (reached === trimmed) return
    trimmed = reached
    trimmedAt = monotonic()
    trimBytes = 0
    await spool.trim(reached)
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
    events.emit('spool:damaged', {
      lostRows,
      detail: `rows ${from} to ${previousEnd - 1} of the spool are missing`,
    })
    events.emit('message:dropped', { reason: 'spool-damaged', count: lostRows })
  }

  /** One batch; false when there was nothing to store. */
  const copy = async (): Promise<boolean> => {
    const from = position ?? 0
    const before = { rows, bytes, end: knownEnd }
    const entries = await spool.read(from, options.batchBytes)
    const last = entries.at(-1)
    if (last === undefined) {
      backlog = false
      rows -= before.rows
      bytes -= before.bytes
      return false
    }
    let expected = from
    for (const entry of entries) {
      countLost(expected, entry.previousEnd)
      expected = endOf(entry)
    }
    const started = monotonic()
    const batch = { spoolId, from, to: endOf(last), ...chunksOf(entries, from) }
    try {
      await sink.store(batch)
    } catch (error) {
      if (!isBridgeError(error, 'ROW_REFUSED')) throw error
      await refused.store(entries, from)
    }
    moveTo(batch.to)
    let readings = 0
    let deadLetters = 0
    let size = 0
    for (const entry of entries) {
      const skipped = Math.max(0, from - entry.offset)
      readings += Math.max(0, entry.readingRows - skipped)
      deadLetters += entry.deadRows - Math.max(0, skipped - entry.readingRows)
      size += entry.readings.byteLength + entry.deadLetters.byteLength
    }
    if (before.end !== undefined && batch.to >= before.end) {
      // Caught up with all that was told of before the read, however it was counted. Under a steady load no
      // read is ever empty: without this a backlog would never end and the batches never gather again.
      backlog = false
      rows -= before.rows
      bytes -= before.bytes
    } else {
      rows = Math.max(0, rows - readings - deadLetters)
      bytes = Math.max(0, bytes - size)
    }
    oldestSince = started
    trimBytes += size
    events.emit('drain:stored', {
      readings,
      deadLetters,
      bytes: size,
      ms: monotonic() - started,
      waiting: rows,
    })
    return true
  }

  const step = async (): Promise<void> => {
    if (position === undefined) {
      const cursor = await sink.cursor(spoolId)
      moveTo(cursor ?? 0)
    }
    if (due() || stopBy !== undefined) {
      const stored = await copy()
      if (!stored && stopBy !== undefined) stopBy = monotonic()
    }
    // Only now: a sink may tell its cursor and yet store nothing.
    recovered()
    if (trimBytes >= TRIM_BYTES || monotonic() - trimmedAt >= TRIM_EVERY_MS) await trim()
  }

  const idle = async (): Promise<void> => {
    if (due() || stopBy !== undefined) return
    const untilDue = rows > 0 ? options.maxAgeMs - (monotonic() - oldestSince) : TRIM_EVERY_MS
    await pause.wait(Math.max(1, Math.min(untilDue, TRIM_EVERY_MS)))
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
        position = undefined
        // The cursor may come back from further behind than the rows counted reach.
        if (knownEnd !== undefined) backlog = true
        if (stopBy !== undefined) return // what is left stays in the spool for the next start
        failingSince ??= monotonic()
        const retryInMs = retryDelay(attempt, RETRY_POLICIES.postgres, random)
        events.emit('drain:failed', { error, retryInMs })
        await pause.wait(retryInMs)
      }
    }
    await trim().catch((error: Error) => events.emit('bridge:error', { error, where: 'trimming the spool' }))
  }

  return {
    start: () => {
      running ??= run()
    },
    notify: (newRows, newBytes, newEnd) => {
      knownEnd = newEnd
      if (rows === 0) oldestSince = monotonic()
      const wasDue = due()
      const first = rows === 0
      rows += newRows
      bytes += newBytes
      // Woken for the first row too: the loop may be in a longer sleep than that row may wait.
      if (first || (!wasDue && due())) if (failingSince === undefined) pause.wake()
    },
    get position() {
      return reached
    },
    get waiting() {
      return rows
    },
    stop: async (deadlineMs) => {
      stopBy ??= monotonic() + deadlineMs
      pause.wake()
      await running
    },
  }
}
