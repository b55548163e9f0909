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
import type { SpoolEntry, SpoolStore } from '../ports.ts'
import { createDrainCursor, type DrainCursorDeps, type Span } from './drain-cursor.ts'
import { chunksOf } from './entry-rows.ts'
import type { Ledger } from './ledger.ts'
import { createPause } from './pause.ts'
import { type Counts, createRefusedRows } from './refused-rows.ts'
import { rowsOfStretch, stretchOf } from './stretch.ts'
import { createWaitingRows } from './waiting-rows.ts'

export interface DrainOptions {
  /** A row waits at most about this long before its COPY begins. */
  readonly maxAgeMs: number
  /** A COPY begins at once when this much waits. */
  readonly maxRows: number
  readonly maxBytes: number
  /** The most that one COPY carries. */
  readonly batchBytes: number
  /** The spool is trimmed when this much was stored since the last time; twice as much may stay in it. */
  readonly trimBytes: number
}

export const DRAIN_DEFAULTS: DrainOptions = {
  maxAgeMs: 200,
  maxRows: 5_000,
  maxBytes: 1024 * 1024,
  batchBytes: 4 * 1024 * 1024,
  trimBytes: 8 * 1024 * 1024,
}

/** Where the spool ends: the offset and the number of the next row. */
export interface Reach {
  readonly end: number
  readonly rows: number
}

export interface DrainDeps extends DrainCursorDeps {
  readonly spool: Pick<SpoolStore, 'read' | 'trim'>
  readonly ledger: Pick<Ledger, 'storedUnanswered' | 'cursorRead' | 'stored' | 'lost'>
  /** Where the durable rows end, and how many there ever were. */
  readonly reach: () => Reach
  /** Where the rows of this run begin. */
  readonly runFrom: number
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
  /** How long the oldest of those waits, in milliseconds; 0 without any. */
  readonly oldestMs: number
  /** Stores what is left while the sink takes it, at most until `deadlineMs` from now; then stops. */
  stop(deadlineMs: number): Promise<void>
}

/** How often the spool is trimmed at least. */
const TRIM_EVERY_MS = 1_000

const bytesOf = (entries: readonly SpoolEntry[]): number =>
  entries.reduce((sum, { readings, deadLetters }) => sum + readings.byteLength + deadLetters.byteLength, 0)

/** A drain of one spool into one sink. */
export const createDrain = (deps: DrainDeps, options: DrainOptions = DRAIN_DEFAULTS): Drain => {
  const { spool, events, monotonic, random } = deps
  const pause = createPause()
  const waiting = createWaitingRows(options, monotonic)
  const cursor = createDrainCursor(deps)
  let stopBy: number | undefined
  let running: Promise<void> | undefined
  let trimmed = 0
  let trimNext = 0
  let trimmedAt = 0
  let trimBytes = 0
  let failingSince: number | undefined

  /**
   * One step behind: what was stored since the last trim stays in the spool until the next one, so that a start
   * after a crash finds the newest readings there and tells the right latest values.
   * A trim that fails costs room, not rows: the drain goes on, and tries again.
   */
  const trim = async (offset: number): Promise<void> => {
    trimNext = cursor.reached
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

  const refused = createRefusedRows({ ...deps, cursor })

  const recovered = (): void => {
    if (failingSince === undefined) return
    events.emit('drain:recovered', { outageMs: monotonic() - failingSince })
    failingSince = undefined
  }

  /** Tells of rows that should be there and are not: the files of the spool were damaged. */
  const tellLost = (lostRows: number, before: number): void => {
    const detail = `${lostRows} rows before offset ${before} of the spool are missing`
    events.emit('spool:damaged', { lostRows, detail })
    events.emit('message:dropped', { reason: 'spool-damaged', count: lostRows })
  }

  /** Entries lost at the very end leave no entry behind them that would show it. */
  const passLostEnd = async (from: number, { end, rows }: Reach): Promise<void> => {
    const row = cursor.account?.row
    if (from === 0 || from >= end || row === undefined || row >= rows) return
    const lost = rows - row
    await cursor.store({ to: end, fromRow: row, toRow: rows, lost, readings: [], deadLetters: [] })
    tellLost(lost, end)
  }

  const store = async (entries: readonly SpoolEntry[], from: number, span: Span): Promise<Counts> => {
    try {
      const { readings, deadLetters } = await cursor.store(span)
      return { readings, deadLetters }
    } catch (error) {
      if (!isBridgeError(error, 'ROW_REFUSED')) throw error
      return await refused.store(entries, from, span.fromRow)
    }
  }

  /** One batch; false when there was nothing to store. */
  const copy = async (from: number): Promise<boolean> => {
    const mark = waiting.mark()
    const waited = waiting.oldestMs()
    // Before the read, which need not find a row that becomes durable meanwhile.
    const { end, rows: endRow } = deps.reach()
    const [first, ...rest] = stretchOf(await spool.read(from, options.batchBytes), deps.runFrom)
    if (first === undefined) {
      await passLostEnd(from, { end, rows: endRow })
      waiting.none(mark)
      return false
    }
    const entries = [first, ...rest] as const
    const to = entryEnd(rest.at(-1) ?? first)
    const rows = rowsOfStretch(entries, from, cursor.account?.row)
    const started = monotonic()
    const stored = await store(entries, from, { to, ...rows, ...chunksOf(entries, from) })
    if (rows.lost > 0) tellLost(rows.lost, to)
    const bytes = bytesOf(entries)
    waiting.stored(mark, { rows: rows.toRow - rows.fromRow - rows.lost, bytes, to }, started)
    trimBytes += bytes
    const ms = monotonic() - started
    events.emit('drain:stored', { ...stored, bytes, ms, lagMs: waited + ms, waiting: waiting.rows })
    return true
  }

  const step = async (): Promise<void> => {
    const from = await cursor.read()
    if (waiting.isDue() || stopBy !== undefined) {
      const stored = await copy(from)
      if (!stored && stopBy !== undefined) stopBy = monotonic()
    }
    // Only now: a sink may tell its cursor and yet store nothing.
    recovered()
    if (trimBytes >= options.trimBytes || monotonic() - trimmedAt >= TRIM_EVERY_MS) await trim(trimNext)
  }

  const idle = async (): Promise<void> => {
    if (waiting.isDue() || stopBy !== undefined) return
    await pause.wait(Math.max(1, Math.min(waiting.untilDue(), TRIM_EVERY_MS)))
  }

  const failed = async (error: unknown, attempt: number): Promise<void> => {
    cursor.unknown()
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
    await trim(cursor.reached)
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
      return cursor.reached
    },
    get failing() {
      return failingSince !== undefined
    },
    get waiting() {
      return waiting.rows
    },
    get oldestMs() {
      return waiting.oldestMs()
    },
    stop: async (deadlineMs) => {
      stopBy ??= monotonic() + deadlineMs
      pause.wake()
      await running
    },
  }
}
