/**
 * What is remembered of one boot of a device: the numbers that came, and how far it can be trusted that no others
 * did. Flat and mutable: one is touched for every reading.
 */
import {
  addRange,
  addSequence,
  countMissing,
  countUpTo,
  forgetLowest,
  type SequenceRanges,
} from './sequence-ranges.ts'
import { type SequenceState, sequenceState } from './sequence-state.ts'

/**
 * A lease covers so many numbers: the table of boots is written once for as many readings (core/unverified.ts), and
 * so many rows of a board are looked through when all memory of it is lost. Never to be made smaller: leases
 * that are written down would cover less than they were given for.
 */
export const LEASE_NUMBERS = 1_000

/** Rows of a boot that wait for the look into the table. Offsets are those of the spool. */
export interface Waiting {
  first: number
  last: number
  /** Lowest `ts` among them, epoch ms. */
  oldest: number
  /** Lowest number among them; -1 when one is known to have come before. */
  lowest: number
}

export interface SeenBoot {
  readonly name: string
  readonly ranges: SequenceRanges
  /** Highest number that was in a range and is not remembered any more; -1 for none. */
  forgotten: number
  /** How many numbers were forgotten. */
  forgottenCount: number
  /** Numbers missing between the lowest and the highest, as far as is known. */
  missing: number
  /** The table may hold numbers up to this one that are not remembered. Anything, until it was looked into. */
  floor: number
  /** Rows below this offset may be of this boot, forgotten, and not in the table yet. */
  unsureBelow: number
  /** First number of the lease; below 0 for none. */
  leaseFrom: number
  /** No row of the lease that was not told of has an older `ts` (epoch ms). */
  leaseSince: number
  waiting: Waiting | undefined
}

/** A boot of which nothing is known. */
export const newBoot = (name: string): SeenBoot => ({
  name,
  ranges: [],
  forgotten: -1,
  forgottenCount: 0,
  missing: 0,
  floor: Number.MAX_SAFE_INTEGER,
  unsureBelow: 0,
  leaseFrom: -LEASE_NUMBERS,
  leaseSince: 0,
  waiting: undefined,
})

/** What is remembered may be out of date: every number is looked up again. */
export const distrustBoot = (boot: SeenBoot): void => {
  const { floor, leaseFrom, leaseSince } = newBoot(boot.name)
  Object.assign(boot, { floor, leaseFrom, leaseSince })
}

/** After ranges were added out of order: keeps to the bound, and counts anew what is missing. */
export const settleBoot = (boot: SeenBoot, maxRanges: number): void => {
  const { ranges } = boot
  // The lowest range tells up to where nothing is missing: it is worth more than the next ones.
  const gone = forgetLowest(ranges, maxRanges, maxRanges > 1 ? 1 : 0)
  if (gone !== undefined) {
    boot.forgotten = Math.max(boot.forgotten, gone.at(-1) ?? -1)
    boot.forgottenCount += countUpTo(gone, Number.MAX_SAFE_INTEGER)
  } else if (maxRanges > 1 && boot.forgotten >= 0 && (ranges[1] ?? -1) >= boot.forgotten) {
    // All that was forgotten came again: the lowest range was never given up, and has grown over it.
    boot.forgotten = -1
    boot.forgottenCount = 0
  }
  boot.missing = Math.max(0, countMissing(ranges) - boot.forgottenCount)
}

/** Takes note of a number; false when it is remembered already. */
export const noteSequence = (boot: SeenBoot, seq: number, maxRanges: number): boolean => {
  const { ranges } = boot
  const end = ranges.length - 1
  // The common case touches one number.
  if (end > 1 || boot.forgotten < 0) {
    if (end > 0 && seq === (ranges[end] ?? 0) + 1) {
      ranges[end] = seq
      return true
    }
  }
  if (!addSequence(ranges, seq)) return false
  settleBoot(boot, maxRanges)
  return true
}

const joined = (a: Waiting, b: Waiting): Waiting => ({
  first: Math.min(a.first, b.first),
  last: Math.max(a.last, b.last),
  oldest: Math.min(a.oldest, b.oldest),
  lowest: Math.min(a.lowest, b.lowest),
})

/** Adds what `older` remembers; of what can be trusted, the lesser, unless `boot` is new. */
export const mergeBoot = (boot: SeenBoot, older: SeenBoot, maxRanges: number): void => {
  const { ranges, leaseFrom, leaseSince } = older
  const isNew = boot.ranges.length === 0
  for (let i = 0; i < ranges.length; i += 2) addRange(boot.ranges, ranges[i] ?? 0, ranges[i + 1] ?? 0)
  boot.floor = isNew ? older.floor : Math.max(boot.floor, older.floor)
  boot.forgotten = Math.max(boot.forgotten, older.forgotten)
  boot.forgottenCount = Math.max(boot.forgottenCount, older.forgottenCount)
  if (leaseFrom === boot.leaseFrom) boot.leaseSince = Math.min(boot.leaseSince, leaseSince)
  else if (leaseFrom > boot.leaseFrom) Object.assign(boot, { leaseFrom, leaseSince })
  if (older.waiting !== undefined) boot.waiting = joined(boot.waiting ?? older.waiting, older.waiting)
  settleBoot(boot, maxRanges)
}

/** What a board may be told of this boot; undefined when nothing is remembered. */
export const stateOf = ({ name, ranges, forgotten, forgottenCount }: SeenBoot): SequenceState | undefined => {
  if (forgotten < 0) return sequenceState(name, ranges)
  const begun = (ranges[0] ?? 2) <= 1
  const reach = begun ? (ranges[1] ?? 0) : 0
  const came = countUpTo(ranges, forgotten) - (begun ? countUpTo(ranges.slice(0, 2), forgotten) : 0)
  const missing = Math.max(0, forgotten - reach - came - forgottenCount)
  return sequenceState(name, ranges, { contiguous: begun ? reach : null, highest: forgotten, missing })
}
