/**
 * Finds the rows that the sink refuses by halving the batch: the halves that hold no bad row are stored, a
 * row that is refused alone becomes a dead letter, raw, with what the sink said of it.
 */
import { createRowEncoder, decodeRow } from '../core/copy-row.ts'
import { isBridgeError } from '../core/errors.ts'
import { halve } from '../core/halving.ts'
import type { DeviceId } from '../core/reading.ts'
import { topics } from '../core/topic.ts'
import type { BridgeEmitter } from '../events.ts'
import type { SpoolEntry } from '../ports.ts'
import type { DrainCursor } from './drain-cursor.ts'
import { type EntryRow, rowsOf } from './entry-rows.ts'
import type { Ledger } from './ledger.ts'

/** What was stored. */
export interface Counts {
  readonly readings: number
  readonly deadLetters: number
}

export interface RefusedRows {
  /**
   * Stores the rows of `entries` at or after `from`, in order, each as a row or as a dead letter. `fromRow` is the
   * number of the first, or of the first that is lost before it.
   */
  store(entries: readonly SpoolEntry[], from: number, fromRow: number): Promise<Counts>
}

export interface RefusedRowsDeps {
  readonly cursor: Pick<DrainCursor, 'store'>
  readonly ledger: Pick<Ledger, 'lost'>
  readonly events: BridgeEmitter
  readonly now: () => number
}

const NOTHING = new Uint8Array(0)

const deviceOf = (line: Uint8Array): DeviceId | null => {
  try {
    return decodeRow(Buffer.from(line).toString('utf8').trimEnd()).deviceId
  } catch {
    return null // damaged as well: the raw line tells all that is known
  }
}

/** A finder of refused rows for one drain. */
export const createRefusedRows = ({ cursor, ledger, events, now }: RefusedRowsDeps): RefusedRows => {
  const encoder = createRowEncoder()

  const letterFor = (row: EntryRow, error: Error): Uint8Array => {
    const deviceId = row.kind === 'reading' ? deviceOf(row.line) : null
    const letter = encoder.deadLetter({
      receivedAt: now(),
      topic: deviceId === null ? '' : topics.data(deviceId),
      clientId: null,
      deviceId,
      reason: 'refused-by-postgres',
      detail: error.message,
      // A refused dead letter is what made trouble: only the fact of it is kept.
      payload: row.kind === 'reading' ? row.line : NOTHING,
    })
    return Buffer.from(letter, 'utf8')
  }

  return {
    store: async (entries, from, fromRow) => {
      const rows = rowsOf(entries, from)
      let reached = fromRow
      let readings = 0
      let deadLetters = 0

      const storeSpan = async (span: readonly EntryRow[], toRow: number, to: number): Promise<void> => {
        const linesOf = (kind: EntryRow['kind']) =>
          span.filter((row) => row.kind === kind).map(({ line }) => line)
        const stored = await cursor.store({
          to,
          fromRow: reached,
          toRow,
          lost: toRow - reached - span.length,
          readings: linesOf('reading'),
          deadLetters: linesOf('dead-letter'),
        })
        reached = toRow
        readings += stored.readings
        deadLetters += stored.deadLetters
      }

      const bury = async (row: EntryRow, error: Error): Promise<void> => {
        const { offset, row: number } = row
        const letter: EntryRow = { ...row, kind: 'dead-letter', line: letterFor(row, error) }
        try {
          await storeSpan([letter], number + 1, offset + 1)
          events.emit('drain:refused', { detail: error.message })
        } catch (again) {
          if (row.kind === 'reading' || !isBridgeError(again, 'ROW_REFUSED')) throw again
          // One row must not hold up all that follow for ever.
          await storeSpan([], number + 1, offset + 1)
          ledger.lost('dead-letter-refused', 1)
          events.emit('message:dropped', { reason: 'dead-letter-refused', count: 1 })
        }
      }

      /** Stores rows `low` … `high - 1`. */
      const storeHalves = async (low: number, high: number): Promise<void> => {
        const last = rows[high - 1]
        if (last === undefined) return
        try {
          await storeSpan(rows.slice(low, high), last.row + 1, last.offset + 1)
        } catch (error) {
          if (!isBridgeError(error, 'ROW_REFUSED')) throw error
          if (high - low === 1) return await bury(last, error)
          for (const span of halve(low, high)) await storeHalves(span.from, span.to)
        }
      }

      await storeHalves(0, rows.length)
      return { readings, deadLetters }
    },
  }
}
