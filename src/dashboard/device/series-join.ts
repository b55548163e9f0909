/**
 * History and live values as one line. Live values only ever move forward in time, so the newest moment that an answer
 * holds of a device (its watermark) tells the two apart: what is not after it is in the answer, all else is not. The
 * last bucket of an answer is still open; it is asked for again in its single values (the tail), else nobody could
 * tell which of the live values it holds.
 */
import type { HistorySeries } from './device-answer.ts'

/** One value, or what a bucket of them comes to. */
export interface Cell {
  readonly t: number
  /** The last moment it may stand for. */
  readonly until: number
  readonly count: number
  readonly min: number
  readonly max: number
  readonly avg: number
  readonly last: number
}

export interface Line {
  /** Null: single values. */
  readonly bucketMs: number | null
  /** Neighbours farther apart than this have a gap between them. */
  readonly gapMs: number
  readonly cells: readonly Cell[]
}

export interface LiveValue {
  readonly t: number
  readonly value: number
}

const LEAST_GAP_MS = 1_000
const ROWS_APART = 3

export const cellOf = (t: number, value: number): Cell => ({
  t,
  until: t,
  count: 1,
  min: value,
  max: value,
  avg: value,
  last: value,
})

const bucketCells = (series: Extract<HistorySeries, { bucketMs: number }>, to: number): readonly Cell[] =>
  series.t.flatMap((t, i) => {
    const [count = 0, min, max] = [series.count[i], series.min[i], series.max[i]]
    const [avg, last] = [series.avg[i], series.last[i]]
    if (count === 0 || min == null || max == null || avg == null || last == null) return []
    const until = Math.max(t, Math.min(t + series.bucketMs, to) - 1)
    return [{ t, until, count, min, max, avg, last }]
  })

/** A series of an answer that ends before `to`. */
export const lineOf = (series: HistorySeries, to: number): Line => {
  const { bucketMs, gapMs } = series
  if (bucketMs !== null) return { bucketMs, gapMs, cells: bucketCells(series, to) }
  return { bucketMs, gapMs, cells: series.t.map((t, i) => cellOf(t, series.value[i] ?? Number.NaN)) }
}

/** Where the bucket begins that is still open at the end of an answer; undefined where there are no buckets. */
export const openBucketOf = ({ bucketMs }: Line, to: number): number | undefined =>
  bucketMs === null ? undefined : Math.floor((to - 1) / bucketMs) * bucketMs

/** The line with its cells from `cut` on replaced by finer ones. */
export const withTail = (line: Line, tail: Line | undefined, cut: number): Line => ({
  ...line,
  cells: [...line.cells.filter(({ t }) => t < cut), ...(tail?.cells ?? [])],
})

/** The newest moment that these lines of one device hold. */
export const watermarkOf = (lines: Iterable<Line>): number => {
  let newest = Number.NEGATIVE_INFINITY
  for (const { cells } of lines) newest = Math.max(newest, cells.at(-1)?.until ?? newest)
  return newest
}

const merged = (a: Cell, b: Cell): Cell => {
  const count = a.count + b.count
  return {
    t: a.t,
    until: Math.max(a.until, b.until),
    count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    avg: a.avg + (b.avg - a.avg) * (b.count / count),
    last: b.last,
  }
}

const folded = (cells: readonly Cell[], bucketMs: number): readonly Cell[] => {
  const buckets: Cell[] = []
  for (const cell of cells) {
    const t = Math.floor(cell.t / bucketMs) * bucketMs
    const open = buckets.at(-1)
    if (open?.t === t) buckets[buckets.length - 1] = merged(open, cell)
    else buckets.push({ ...cell, t })
  }
  return buckets
}

const usualGap = (cells: readonly Cell[]): number => {
  const distances = cells.slice(1).map(({ t }, i) => t - (cells[i]?.t ?? t))
  distances.sort((a, b) => a - b)
  return Math.max(LEAST_GAP_MS, (distances[Math.floor(distances.length / 2)] ?? 0) * ROWS_APART)
}

const NOTHING: Line = { bucketMs: null, gapMs: LEAST_GAP_MS, cells: [] }

/** History and what was heard live (ascending), each value once and in order; without history what was heard. */
export const joinedLine = (
  history: Line | undefined,
  live: readonly LiveValue[],
  watermark: number,
): Line => {
  const line = history ?? NOTHING
  const newer = live.filter(({ t }) => t > watermark).map(({ t, value }) => cellOf(t, value))
  const cells = [...line.cells, ...newer]
  if (line.bucketMs !== null) return { ...line, cells: folded(cells, line.bucketMs) }
  return { ...line, gapMs: newer.length === 0 ? line.gapMs : Math.max(line.gapMs, usualGap(cells)), cells }
}
