/**
 * The search for a row that Postgres refuses. COPY is all or nothing, so a refused batch says only that one of
 * its rows is bad. The batch is halved and its first half stored; a half that is refused is halved in turn.
 * Good halves are stored (and the cursor moved) on the way, and a span of one row that is refused is the bad
 * row: it becomes a dead letter and the search goes on behind it. One bad row among n costs about 2·log2(n)
 * transactions, every other row is stored, and rows keep their order.
 */
export interface Span {
  /** Offset of the first row. */
  readonly from: number
  /** Offset behind the last row. */
  readonly to: number
}

/**
 * Two spans, neither of them empty, that cover `from` … `to - 1` without overlap; the first is the one to store
 * first. A single row cannot be halved: throws a RangeError, since the caller should have dealt with it.
 */
export const halve = (from: number, to: number): readonly [Span, Span] => {
  if (to - from < 2) throw new RangeError(`cannot halve the rows from ${from} to ${to}`)
  const middle = from + Math.floor((to - from) / 2)
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}
