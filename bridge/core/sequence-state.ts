/**
 * What is known of the sequence numbers of one boot of a device: how far they came without a gap, and what lies
 * open. It is what `acks/{id}` tells a board, so it may understate what is durable and must never overstate it.
 */
import type { SequenceRanges } from './sequence-ranges.ts'

export interface SequenceState {
  readonly boot: string
  /** Every number up to this one is durable; null when the first (0 or 1) is not. */
  readonly contiguous: number | null
  readonly highest: number
  /** Numbers between the first and the highest that never came, or not yet. */
  readonly missing: number
  /** Where those lie, `[from, to]`, lowest first; at most `MAX_GAPS`. */
  readonly gaps: readonly (readonly [number, number])[]
}

/** What is still known of the lowest ranges of a boot after they were let go to bound memory. */
export interface ForgottenRanges {
  /** Every number up to this one is durable; null when the first was not. */
  readonly contiguous: number | null
  /** The highest number among them. */
  readonly highest: number
  /** Numbers up to `highest` that had not come. */
  readonly missing: number
}

/** The share of a boot's numbers that never came, or not yet: 0 to 1. */
export const lossRatio = ({ missing, highest }: Pick<SequenceState, 'missing' | 'highest'>): number =>
  missing / Math.max(1, highest, missing)

/** With so many an ack still fits into the 256 bytes that PubSubClient takes, topic and a usual boot included. */
export const MAX_GAPS = 4

/**
 * A boot counts from 1; from 0 as well, but then nobody can tell whether a missing 0 was ever sent. One that begins
 * higher has lost what came before.
 */
const FIRST = 1

/** Up to where the numbers came without a gap; one below the first of them when it has not come. */
const reachOf = (ranges: SequenceRanges, forgotten: ForgottenRanges | undefined): number => {
  let reach = forgotten?.contiguous ?? Math.min(ranges[0] ?? FIRST, FIRST) - 1
  for (let index = 0; index < ranges.length && (ranges[index] ?? 0) <= reach + 1; index += 2)
    reach = Math.max(reach, ranges[index + 1] ?? reach)
  return reach
}

const addGap = (gaps: (readonly [number, number])[], from: number, to: number): void => {
  if (from <= to && gaps.length < MAX_GAPS) gaps.push([from, to])
}

/**
 * The state of sorted ranges; undefined when nothing is known. What lies between `forgotten.contiguous` and
 * `forgotten.highest` is one gap: which of it is there is not known any more.
 */
export const sequenceState = (
  boot: string,
  ranges: SequenceRanges,
  forgotten?: ForgottenRanges,
): SequenceState | undefined => {
  if (ranges.length === 0 && forgotten === undefined) return undefined
  const reach = reachOf(ranges, forgotten)
  const gaps: (readonly [number, number])[] = []
  let missing = 0
  let next = reach + 1
  if (forgotten !== undefined && forgotten.highest >= next) {
    addGap(gaps, next, forgotten.highest)
    missing += forgotten.missing
    next = forgotten.highest + 1
  }
  for (let index = 0; index < ranges.length; index += 2) {
    const from = ranges[index] ?? 0
    if (from > next) missing += from - next
    addGap(gaps, next, from - 1)
    next = Math.max(next, (ranges[index + 1] ?? 0) + 1)
  }
  const begun = forgotten?.contiguous != null || (ranges[0] ?? FIRST + 1) <= FIRST
  return { boot, contiguous: begun ? reach : null, highest: next - 1, missing, gaps }
}
