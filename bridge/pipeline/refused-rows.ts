/**
 * Finds the rows that the sink refuses by halving the batch: the halves that hold no bad row are stored, a
 * row that is refused alone becomes a dead letter, raw, with what the sink said of it.
 */
import { createRowEncoder } from '../core/copy-row.ts'
import { isBridgeError } from '../core/errors.ts'
import { halve } from '../core/halving.ts'
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

  const bury = async (row: EntryRow, from: number, error: Error): Promise<number> => {
    const deadLetter = encoder.deadLetter({
      receivedAt: now(),
      topic: '',
      clientId: null,
      deviceId: null,
      reason: 'refused-by-postgres',
      detail: error.message,
      payload: row.line,
    })
    const to = await storeSpan([{ ...row, kind: 'dead-letter', line: Buffer.from(deadLetter, 'utf8') }], from)
    events.emit('drain:refused', { detail: error.message })
    return to
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
