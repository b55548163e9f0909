/** What a line comes to over the stretch that is shown. */
import type { Cell, Line } from './series-join.ts'
import type { Span } from './shown-range.ts'

export interface Trend {
  readonly word: 'rising' | 'falling' | 'steady'
  /** Of the straight line through the values, by least squares. */
  readonly perHour: number
}

export interface Summary {
  readonly count: number
  readonly min: number
  readonly max: number
  readonly avg: number
  readonly last: number
  readonly lastAt: number
  /** Undefined with fewer than three values. */
  readonly trend: Trend | undefined
}

const HOUR_MS = 3_600_000
const LEAST_CELLS = 3
/** What changes by less than this share of how far the values are spread is steady. */
const STEADY_SHARE = 0.15

const middleOf = ({ t, until }: Cell): number => (t + until) / 2

/** Those that reach into the span. */
export const cellsWithin = ({ cells }: Line, { from, to }: Span): readonly Cell[] =>
  cells.filter(({ t, until }) => until >= from && t < to)

const slopeOf = (cells: readonly Cell[], count: number, avg: number): number => {
  const start = middleOf(cells[0] as Cell)
  let meanTime = 0
  for (const cell of cells) meanTime += ((middleOf(cell) - start) * cell.count) / count
  let [shared, spread] = [0, 0]
  for (const cell of cells) {
    const distance = middleOf(cell) - start - meanTime
    shared += cell.count * distance * (cell.avg - avg)
    spread += cell.count * distance * distance
  }
  return spread === 0 ? 0 : shared / spread
}

const trendOf = (cells: readonly Cell[], count: number, avg: number): Trend | undefined => {
  const [first, last] = [cells[0], cells.at(-1)]
  if (first === undefined || last === undefined || cells.length < LEAST_CELLS) return undefined
  const slope = slopeOf(cells, count, avg)
  const change = slope * (middleOf(last) - middleOf(first))
  const values = cells.map((cell) => cell.avg)
  const spread =
    values.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY) -
    values.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
  const isSteady = spread === 0 || Math.abs(change) < spread * STEADY_SHARE
  return { word: isSteady ? 'steady' : change > 0 ? 'rising' : 'falling', perHour: slope * HOUR_MS }
}

/** Undefined when nothing of the line is in the span. */
export const summaryOf = (line: Line, span: Span): Summary | undefined => {
  const cells = cellsWithin(line, span)
  const newest = cells.at(-1)
  if (newest === undefined) return undefined
  let [count, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const cell of cells) {
    count += cell.count
    min = Math.min(min, cell.min)
    max = Math.max(max, cell.max)
  }
  const avg = cells.reduce((mean, cell) => mean + cell.avg * (cell.count / count), 0)
  const { last, until: lastAt } = newest
  return { count, min, max, avg, last, lastAt, trend: trendOf(cells, count, avg) }
}

const LONG_MS = 2 * 24 * HOUR_MS

/** By how much in how long: an hour, or a day where days are shown. */
export const trendAmount = (trend: Trend, { from, to }: Span): readonly [amount: number, per: string] =>
  to - from > LONG_MS ? [Math.abs(trend.perHour) * 24, 'd'] : [Math.abs(trend.perHour), 'h']
