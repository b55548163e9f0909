import type { SpoolEntry } from '../../bridge/ports.ts'

/** An entry of `rows` reading rows of about `bytes` bytes in all, at `offset`, which is its row number as well. */
export const entryAt = (
  offset: number,
  rows: number,
  previousEnd: number,
  bytes = rows * 10,
): SpoolEntry => ({
  offset,
  previousEnd,
  row: offset,
  readingRows: rows,
  deadRows: 0,
  readings: Buffer.from(`${'x'.repeat(Math.max(1, Math.floor(bytes / rows) - 1))}\n`.repeat(rows)),
  deadLetters: Buffer.alloc(0),
})
