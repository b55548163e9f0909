/** Aggregates of parts of a range, joined into one grid of buckets that shows its gaps. */
import type { BucketSeries, RowSeries } from './range.ts'

/**
 * Aggregates by bucket, one array a column, of one part of the range: a bucket may be in several parts. `last` is the value of
 * the newest reading, `lastMs` its time.
 */
export interface Partials {
  readonly bucket: readonly number[]
  readonly count: readonly number[]
  readonly sum: readonly number[]
  readonly min: readonly number[]
  readonly max: readonly number[]
  readonly lastMs: readonly number[]
  readonly last: readonly number[]
}

type Grid = Pick<BucketSeries, 't' | 'count' | 'min' | 'max' | 'avg' | 'last' | 'gapMs'>

/** A bucket without readings between two that have some is a gap; where most are far apart, two gaps' worth is. */
const BUCKETS_APART = 1.5
/** One reading that is late or lost is no gap. */
const ROWS_APART = 3

/** The median distance of ascending times; undefined with fewer than two. */
const usualDistance = (times: readonly number[]): number | undefined => {
  const distances = times.slice(1).map((time, index) => time - (times[index] ?? time))
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)]
}

/** Neighbours farther apart than this have a gap between them: three times what is usual. */
export const gapOfRows = (times: readonly number[]): number =>
  Math.max(1_000, Math.round((usualDistance(times) ?? 0) * ROWS_APART))

export const EMPTY_ROWS: Pick<RowSeries, 't' | 'value' | 'gapMs'> = { t: [], value: [], gapMs: 1_000 }

const boundsOf = (parts: readonly Partials[]): { first: number; last: number } => {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { bucket } of parts) {
    for (const start of bucket) {
      if (start < first) first = start
      if (start > last) last = start
    }
  }
  return { first, last }
}

interface Sums {
  readonly count: number[]
  readonly sum: number[]
  readonly min: (number | null)[]
  readonly max: (number | null)[]
  readonly lastMs: number[]
  readonly last: (number | null)[]
}

const least = (a: number | null, b: number): number => (a === null || b < a ? b : a)
const greatest = (a: number | null, b: number): number => (a === null || b > a ? b : a)

const addPart = (sums: Sums, part: Partials, toIndex: (start: number) => number): void => {
  for (const [row, start] of part.bucket.entries()) {
    const at = toIndex(start)
    sums.count[at] = (sums.count[at] ?? 0) + (part.count[row] ?? 0)
    sums.sum[at] = (sums.sum[at] ?? 0) + (part.sum[row] ?? 0)
    sums.min[at] = least(sums.min[at] ?? null, part.min[row] ?? 0)
    sums.max[at] = greatest(sums.max[at] ?? null, part.max[row] ?? 0)
    if ((part.lastMs[row] ?? 0) < (sums.lastMs[at] ?? Number.NEGATIVE_INFINITY)) continue
    sums.lastMs[at] = part.lastMs[row] ?? 0
    sums.last[at] = part.last[row] ?? null
  }
}

/** One grid of all parts; later parts win where two have the same last time. Empty when they are. */
export const gridOf = (parts: readonly Partials[], widthMs: number): Grid => {
  const { first, last } = boundsOf(parts)
  const length = first > last ? 0 : Math.round((last - first) / widthMs) + 1
  const filled = <T>(value: T): T[] => new Array<T>(length).fill(value)
  const sums: Sums = {
    count: filled(0),
    sum: filled(0),
    min: filled<number | null>(null),
    max: filled<number | null>(null),
    lastMs: filled(Number.NEGATIVE_INFINITY),
    last: filled<number | null>(null),
  }
  for (const part of parts) addPart(sums, part, (start) => Math.round((start - first) / widthMs))
  const t = sums.count.map((_, index) => first + index * widthMs)
  const held = t.filter((_, index) => sums.count[index] !== 0)
  return {
    t,
    count: sums.count,
    min: sums.min,
    max: sums.max,
    avg: sums.count.map((count, index) => (count === 0 ? null : (sums.sum[index] ?? 0) / count)),
    last: sums.last,
    gapMs: Math.round((usualDistance(held) ?? widthMs) * BUCKETS_APART),
  }
}
