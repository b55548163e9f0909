/**
 * What waits in the spool, as the drain counts it: from what it is told of each group, for to count it in the
 * spool would mean to read it. After a start, or a failure whose outcome is not known, there may be more than was
 * told; until the spool was read to its end that counts as a backlog, which is always due.
 */
import { type BatchLimits, shouldCopy } from '../core/batch.ts'

/** What was known when a read began. */
export interface Mark {
  readonly rows: number
  readonly bytes: number
  readonly end: number | undefined
}

export interface StoredRows {
  readonly rows: number
  readonly bytes: number
  /** The offset after the last of them. */
  readonly to: number
}

export interface WaitingRows {
  readonly rows: number
  /** Takes note of rows that end at `end`; true when that makes a difference to who sleeps until rows are due. */
  add(rows: number, bytes: number, end: number | undefined): boolean
  /** Whether to copy now. */
  isDue(): boolean
  /** How long the oldest row waits already, in milliseconds; 0 without rows. */
  oldestMs(): number
  /** Milliseconds until the oldest row is due; infinite without rows. */
  untilDue(): number
  mark(): Mark
  /** A read since `mark` found nothing. */
  none(mark: Mark): void
  /** What a read since `mark` found is stored; the copy began at `startedAt`. */
  stored(mark: Mark, what: StoredRows, startedAt: number): void
  /** It is not known any more what waits. */
  unknown(): void
}

/** Nothing told yet; `monotonic` are milliseconds. */
export const createWaitingRows = (limits: BatchLimits, monotonic: () => number): WaitingRows => {
  let rows = 0
  let bytes = 0
  let end: number | undefined
  let oldestSince = 0
  let backlog = true

  const isDue = (): boolean =>
    backlog || shouldCopy({ rows, bytes, oldestAgeMs: rows === 0 ? 0 : monotonic() - oldestSince }, limits)

  const none = (mark: Mark): void => {
    backlog = false
    rows -= mark.rows
    bytes -= mark.bytes
  }

  return {
    get rows() {
      return rows
    },
    add: (newRows, newBytes, newEnd) => {
      const isFirst = rows === 0
      const wasDue = isDue()
      if (isFirst) oldestSince = monotonic()
      end = newEnd
      rows += newRows
      bytes += newBytes
      // The first row too: a sleeper may sleep for longer than that row may wait.
      return isFirst || (!wasDue && isDue())
    },
    isDue,
    oldestMs: () => (rows === 0 ? 0 : monotonic() - oldestSince),
    untilDue: () => (rows === 0 ? Number.POSITIVE_INFINITY : limits.maxAgeMs - (monotonic() - oldestSince)),
    mark: () => ({ rows, bytes, end }),
    none,
    stored: (mark, what, startedAt) => {
      if (mark.end !== undefined && what.to >= mark.end) {
        // Caught up with all that was told of before the read, however it was counted. Under a steady load no
        // read is ever empty: without this a backlog would never end and the batches never gather again.
        none(mark)
      } else {
        rows = Math.max(0, rows - what.rows)
        bytes = Math.max(0, bytes - what.bytes)
      }
      oldestSince = startedAt
    },
    unknown: () => {
      // Without rows told of, the next read cannot tell that it has caught up.
      if (end !== undefined) backlog = true
    },
  }
}
