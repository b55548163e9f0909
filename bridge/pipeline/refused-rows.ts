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
import type { ReadingSink, SpoolEntry } from '../ports.ts'
import { type EntryRow, rowsOf } from './entry-rows.ts'

export interface RefusedRows {
  /** Stores the rows of `entries` at or after `from`, in order, each as a row or as a dead letter. */
  store(entries: readonly SpoolEntry[], from: number): Promise<void>
}

export interface RefusedRowsDeps {
  readonly sink: ReadingSink
  readonly spoolId: string
  readonly events: BridgeEmitter
  readonly now: () => number
  /** Told of each step of the cursor, for a failure in the middle. */
  readonly moveTo: (offset: number) => void
}

const NOTHING = new Uint8Array(0)

const deviceOf = (line: Uint8Array): DeviceId | null => {
  try {
    return decodeRow(Buffer.from(line).toString('utf8').trimEnd()).deviceId
  } catch {
    return null // damaged as well: the raw line tells all that is known
  }
}

/** A finder of refused rows for one spool and sink. */
export const createRefusedRows = (deps: RefusedRowsDeps): RefusedRows => {
  const { sink, spoolId, events, now, moveTo } = deps
  const encoder = createRowEncoder()

  const storeSpan = async (rows: readonly EntryRow[], from: number): Promise<number> => {
    const to = (rows.at(-1)?.offset ?? from) + 1
    const linesOf = (kind: EntryRow['kind']) =>
      rows.filter((row) => row.kind === kind).map(({ line }) => line)
    await sink.store({ spoolId, from, to, readings: linesOf('reading'), deadLetters: linesOf('dead-letter') })
    moveTo(to)
    return to
  }

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

  const bury = async (row: EntryRow, from: number, error: Error): Promise<number> => {
    try {
      const to = await storeSpan([{ ...row, kind: 'dead-letter', line: letterFor(row, error) }], from)
      events.emit('drain:refused', { detail: error.message })
      return to
    } catch (again) {
      if (row.kind === 'reading' || !isBridgeError(again, 'ROW_REFUSED')) throw again
      // One row must not hold up all that follow for ever.
      const to = row.offset + 1
      await sink.store({ spoolId, from, to, readings: [], deadLetters: [] })
      moveTo(to)
      events.emit('message:dropped', { reason: 'dead-letter-refused', count: 1 })
      return to
    }
  }

  /** Stores rows `low` … `high - 1`; returns where the cursor is then. */
  const storeHalves = async (
    rows: readonly EntryRow[],
    low: number,
    high: number,
    from: number,
  ): Promise<number> => {
    try {
      return await storeSpan(rows.slice(low, high), from)
    } catch (error) {
      if (!isBridgeError(error, 'ROW_REFUSED')) throw error
      const row = rows[low]
      if (high - low === 1 && row !== undefined) return await bury(row, from, error)
      let cursor = from
      for (const span of halve(low, high)) cursor = await storeHalves(rows, span.from, span.to, cursor)
      return cursor
    }
  }

  return {
    store: async (entries, from) => {
      const rows = rowsOf(entries, from)
      await storeHalves(rows, 0, rows.length, from)
    },
  }
}
