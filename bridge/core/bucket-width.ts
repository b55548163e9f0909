/**
 * How wide the buckets of a range are: widths that people count in, aligned to the epoch (UTC), so that the same
 * bucket is the same whenever it is asked for.
 */
export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

const NICE: readonly number[] = [
  ...[1, 2, 5, 10, 15, 20, 30].map((n) => n * SECOND_MS),
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((n) => n * MINUTE_MS),
  ...[1, 2, 3, 4, 6, 8, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 7, 14, 30].map((n) => n * DAY_MS),
]
const WIDEST = 30 * DAY_MS
/** About as many as asked for: up to a fifth more, before the next width halves them. */
const TOLERANCE = 1.2

/** Milliseconds, at least `leastMs`; ranges of many years go on in whole multiples of 30 days. */
export const bucketWidth = (range: { from: number; to: number }, points: number, leastMs = 0): number => {
  const wanted = (range.to - range.from) / (points * TOLERANCE)
  const nice = NICE.find((width) => width >= wanted && width >= leastMs)
  return nice ?? Math.ceil(wanted / WIDEST) * WIDEST
}

/** The start of the bucket that a time lies in. */
export const bucketStart = (ms: number, widthMs: number): number => Math.floor(ms / widthMs) * widthMs
