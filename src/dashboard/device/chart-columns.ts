/** A line as the columns that the chart draws: gaps are nulls between what is on both sides of them. */
import type { Cell, Line } from './series-join.ts'
import type { Span } from './shown-range.ts'

type Values = (number | null)[]

export type ChartColumns = [x: number[], min: Values, max: Values, avg: Values]

/** A bucket stands in its middle, one that is still open at its newest value. */
const xOf = ({ t, until }: Cell, bucketMs: number | null): number => {
  if (bucketMs === null) return t
  return until < t + bucketMs - 1 ? until : t + bucketMs / 2
}

/** With one cell more on either side, so that the line goes on to the edges. */
const around = (cells: readonly Cell[], { from, to }: Span): readonly Cell[] => {
  const first = cells.findIndex(({ until }) => until >= from)
  if (first === -1) return cells.slice(-1)
  const after = cells.findIndex(({ t }) => t >= to)
  return cells.slice(Math.max(0, first - 1), after === -1 ? undefined : after + 1)
}

export const chartColumns = ({ cells, bucketMs, gapMs }: Line, span: Span): ChartColumns => {
  const columns: ChartColumns = [[], [], [], []]
  const add = (x: number, values: readonly [min: number | null, max: number | null, avg: number | null]) => {
    columns[0].push(x)
    columns[1].push(values[0])
    columns[2].push(values[1])
    columns[3].push(values[2])
  }
  let before: Cell | undefined
  for (const cell of around(cells, span)) {
    if (before !== undefined && cell.t - before.t > gapMs)
      add((xOf(before, bucketMs) + xOf(cell, bucketMs)) / 2, [null, null, null])
    const hasBand = bucketMs !== null
    add(xOf(cell, bucketMs), [hasBand ? cell.min : null, hasBand ? cell.max : null, cell.avg])
    before = cell
  }
  return columns
}
