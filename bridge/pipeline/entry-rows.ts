/**
 * The rows of spool entries, one by one: needed only when Postgres refuses a batch and the row to blame has
 * to be found. In calm weather entries travel as whole chunks.
 */
import type { SpoolEntry } from '../ports.ts'

export interface EntryRow {
  readonly offset: number
  /** Its number among all rows of the spool. */
  readonly row: number
  readonly kind: 'reading' | 'dead-letter'
  /** The COPY line with its newline. */
  readonly line: Uint8Array
}

const NEWLINE = 0x0a

const lines = (chunk: Uint8Array): readonly Uint8Array[] => {
  const found: Uint8Array[] = []
  for (let start = 0; start < chunk.length; ) {
    const newline = chunk.indexOf(NEWLINE, start)
    const next = newline < 0 ? chunk.length : newline + 1
    found.push(chunk.subarray(start, next))
    start = next
  }
  return found
}

/** The rows at or after `from`, in order of offset. */
export const rowsOf = (entries: readonly SpoolEntry[], from: number): readonly EntryRow[] => {
  const rows: EntryRow[] = []
  for (const entry of entries) {
    let offset = entry.offset
    for (const kind of ['reading', 'dead-letter'] as const) {
      for (const line of lines(kind === 'reading' ? entry.readings : entry.deadLetters)) {
        if (offset >= from) rows.push({ offset, row: entry.row + offset - entry.offset, kind, line })
        offset += 1
      }
    }
  }
  return rows
}

/** Entries as the chunks of a batch that begins at `from`: the first entry may be stored in part already. */
export const chunksOf = (
  entries: readonly SpoolEntry[],
  from: number,
): { readonly readings: readonly Uint8Array[]; readonly deadLetters: readonly Uint8Array[] } => {
  const readings: Uint8Array[] = []
  const deadLetters: Uint8Array[] = []
  for (const entry of entries) {
    if (entry.offset >= from) {
      if (entry.readingRows > 0) readings.push(entry.readings)
      if (entry.deadRows > 0) deadLetters.push(entry.deadLetters)
    } else {
      for (const row of rowsOf([entry], from))
        (row.kind === 'reading' ? readings : deadLetters).push(row.line)
    }
  }
  return { readings, deadLetters }
}
