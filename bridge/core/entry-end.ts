interface Rows {
  readonly offset: number
  readonly readingRows: number
  readonly deadRows: number
}

/** Where a spool entry ends: the offset after its last row. */
export const entryEnd = <E extends Rows>(entry: E): number =>
  entry.offset + entry.readingRows + entry.deadRows
