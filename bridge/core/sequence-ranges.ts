/**
 * A set of sequence numbers as sorted ranges `[from0, to0, from1, to1, …]`, apart from each other by at least
 * one number. A board counts up, so there is nearly always one range and a new number is its end plus one.
 */
export type SequenceRanges = number[]

/** The index (even) of the first range that ends at or after `seq - 1`, or the length when there is none. */
const firstNear = (ranges: SequenceRanges, seq: number): number => {
  let low = 0
  let high = ranges.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle * 2 + 1] ?? 0) < seq - 1) low = middle + 1
    else high = middle
  }
  return low * 2
}

/** Adds a whole range, joining what it touches. */
export const addRange = (ranges: SequenceRanges, from: number, to: number): void => {
  const start = firstNear(ranges, from)
  let end = start
  let low = from
  let high = to
  while (end < ranges.length && (ranges[end] ?? 0) <= to + 1) {
    low = Math.min(low, ranges[end] ?? low)
    high = Math.max(high, ranges[end + 1] ?? high)
    end += 2
  }
  ranges.splice(start, end - start, low, high)
}

/** Adds one number; false when it was there. In order it only moves the end of the last range. */
export const addSequence = (ranges: SequenceRanges, seq: number): boolean => {
  const end = ranges.length - 1
  const last = ranges[end]
  if (last !== undefined && seq === last + 1) {
    ranges[end] = seq
    return true
  }
  const near = firstNear(ranges, seq)
  const from = ranges[near]
  const to = ranges[near + 1]
  if (from !== undefined && to !== undefined && from <= seq && seq <= to) return false
  addRange(ranges, seq, seq)
  return true
}

/**
 * Forgets the lowest ranges until at most `max` are left, and returns them; undefined in the common case. The `spared`
 * very lowest stay.
 */
export const forgetLowest = (ranges: SequenceRanges, max: number, spared = 0): SequenceRanges | undefined => {
  const excess = ranges.length - max * 2
  return excess > 0 ? ranges.splice(spared * 2, excess) : undefined
}

/** How many numbers there are up to `limit`. */
export const countUpTo = (ranges: SequenceRanges, limit: number): number => {
  let count = 0
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i] ?? 0
    if (from > limit) break
    count += Math.min(ranges[i + 1] ?? 0, limit) - from + 1
  }
  return count
}

/** How many numbers are missing between the ranges. */
export const countMissing = (ranges: SequenceRanges): number => {
  let count = 0
  for (let i = 2; i < ranges.length; i += 2) count += (ranges[i] ?? 0) - (ranges[i - 1] ?? 0) - 1
  return count
}
