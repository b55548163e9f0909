/**
 * What of the entries read can be stored as one span: row numbers go on from each to the next, or jump where rows are
 * missing. Where they were begun anew (a spool put back, or of an older version) a batch ends, and so it does
 * between the rows of an earlier run and those of this one, which have books of their own.
 */
import { entryEnd } from '../core/entry-end.ts'
import type { SpoolEntry } from '../ports.ts'

const rowEnd = ({ row, readingRows, deadRows }: SpoolEntry): number => row + readingRows + deadRows

/** The longest beginning of `entries` that is one stretch; `runFrom` is where the rows of this run begin. */
export const stretchOf = (entries: readonly SpoolEntry[], runFrom: number): readonly SpoolEntry[] => {
  const isNext = (before: SpoolEntry, entry: SpoolEntry): boolean => {
    if (before.offset < runFrom && entry.offset >= runFrom) return false
    if (entry.row === rowEnd(before)) return true
    return entry.row > rowEnd(before) && entry.previousEnd > entryEnd(before)
  }
  const end = entries.findIndex((entry, index) => {
    const before = entries[index - 1]
    return before !== undefined && !isNext(before, entry)
  })
  return end === -1 ? entries : entries.slice(0, end)
}

/**
 * The row numbers of a stretch that is stored from offset `from` on. `reachedRow` is where the sink is, undefined when
 * it never counted: rows between it and the stretch are lost if the offsets have a gap there as well.
 */
export const rowsOfStretch = (
  stretch: readonly [SpoolEntry, ...SpoolEntry[]],
  from: number,
  reachedRow: number | undefined,
): { readonly fromRow: number; readonly toRow: number; readonly lost: number } => {
  const [first] = stretch
  const last = stretch.at(-1) ?? first
  const at = first.row + Math.max(0, from - first.offset)
  const isGap = from !== 0 && first.previousEnd > from
  const fromRow = isGap && reachedRow !== undefined && reachedRow < at ? reachedRow : at
  const toRow = rowEnd(last)
  const held = stretch.reduce((sum, entry) => sum + entry.readingRows + entry.deadRows, 0)
  return { fromRow, toRow, lost: toRow - fromRow - (held - (at - first.row)) }
}
