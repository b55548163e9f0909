/**
 * The sequence numbers seen of each device: a reading with `boot` and `seq` that was taken in is not stored
 * again when its board resends it. Bounded in devices, boots and ranges; what is forgotten counts as new, so
 * the worst that a bound can do is a duplicate, never a loss.
 */
import type { DeviceId } from './reading.ts'
import { addRange, addSequence, forgetLowest, type SequenceRanges } from './sequence-ranges.ts'

export const SEEN_LIMITS = { maxDevices: 100_000, maxBoots: 4, maxRanges: 64 } as const

export type SeenLimits = { readonly [limit in keyof typeof SEEN_LIMITS]: number }

export interface SeenSequences {
  /** Notes a reading; true when it is the first time, false when it was noted before. */
  note(deviceId: DeviceId, boot: string, seq: number): boolean
  /** What is known of a device, as compact text; undefined when nothing is. */
  record(deviceId: DeviceId): string | undefined
  /** Adds what `record` gave, as older than what is known already. A damaged record adds nothing. */
  restore(deviceId: DeviceId, record: string): void
  /** Devices known. */
  readonly size: number
}

interface Boot {
  readonly name: string
  readonly ranges: SequenceRanges
}

interface Seen {
  /** Oldest use first. */
  readonly boots: Boot[]
  /** Used since the hand passed; then it gets a second chance. */
  used: boolean
}

/** Passed over at most so many at once, to bound the time of one eviction. */
const MAX_SECOND_CHANCES = 8

/** The boot by name, moved to the end as the newest; made when missing, at the cost of the oldest. */
const bootOf = (seen: Seen, name: string, maxBoots: number): Boot => {
  const { boots } = seen
  const newest = boots.at(-1)
  if (newest !== undefined && newest.name === name) return newest
  const at = boots.findIndex((boot) => boot.name === name)
  const [boot = { name, ranges: [] }] = at === -1 ? [] : boots.splice(at, 1)
  boots.push(boot)
  if (boots.length > maxBoots) boots.shift()
  return boot
}

const isRanges = (value: unknown): value is SequenceRanges =>
  Array.isArray(value) &&
  value.length % 2 === 0 &&
  value.every((seq, i) => Number.isSafeInteger(seq) && seq >= 0 && (i % 2 === 0 || seq >= value[i - 1]))

const isBoot = (value: unknown): value is readonly [string, SequenceRanges] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isRanges(value[1])

const parseRecord = (record: string): readonly Boot[] => {
  try {
    const value: unknown = JSON.parse(record)
    if (!Array.isArray(value) || !value.every(isBoot)) return []
    return value.map(([name, ranges]) => ({ name, ranges }))
  } catch {
    return []
  }
}

/** Puts restored boots before the known ones, joins those of one name, and keeps to the bounds. */
const mergeBoots = (seen: Seen, restored: readonly Boot[], limits: SeenLimits): void => {
  const older: Boot[] = []
  for (const { name, ranges } of restored) {
    let boot = seen.boots.find((known) => known.name === name) ?? older.find((known) => known.name === name)
    if (boot === undefined) {
      boot = { name, ranges: [] }
      older.push(boot)
    }
    for (let i = 0; i < ranges.length; i += 2) addRange(boot.ranges, ranges[i] ?? 0, ranges[i + 1] ?? 0)
    forgetLowest(boot.ranges, limits.maxRanges)
  }
  seen.boots.unshift(...older)
  if (seen.boots.length > limits.maxBoots) seen.boots.splice(0, seen.boots.length - limits.maxBoots)
}

/**
 * Nothing seen yet. Devices not heard of for long make room by the clock rule: a hand goes round the map and
 * takes the first that was not used since it last came by. A hit costs a flag, not a move in the map.
 */
export const createSeenSequences = (limits: Partial<SeenLimits> = {}): SeenSequences => {
  const bounds: SeenLimits = { ...SEEN_LIMITS, ...limits }
  const devices = new Map<DeviceId, Seen>()
  // Kept from eviction to eviction: a new iterator would walk over the holes of all that were deleted.
  let hand = devices.entries()

  const nextOfHand = (): [DeviceId, Seen] | undefined => {
    let next = hand.next()
    if (next.done === true) {
      hand = devices.entries()
      next = hand.next()
    }
    return next.done === true ? undefined : next.value
  }

  const evictOne = (): void => {
    for (let chances = 0; ; chances++) {
      const candidate = nextOfHand()
      if (candidate === undefined) return
      const [deviceId, seen] = candidate
      if (!seen.used || chances === MAX_SECOND_CHANCES) {
        devices.delete(deviceId)
        return
      }
      seen.used = false
    }
  }

  const seenOf = (deviceId: DeviceId): Seen => {
    const known = devices.get(deviceId)
    if (known !== undefined) {
      known.used = true
      return known
    }
    if (devices.size >= bounds.maxDevices) evictOne()
    const seen: Seen = { boots: [], used: false }
    devices.set(deviceId, seen)
    return seen
  }

  return {
    note: (deviceId, boot, seq) => {
      const { ranges } = bootOf(seenOf(deviceId), boot, bounds.maxBoots)
      const isNew = addSequence(ranges, seq)
      forgetLowest(ranges, bounds.maxRanges)
      return isNew
    },
    record: (deviceId) => {
      const seen = devices.get(deviceId)
      return seen && JSON.stringify(seen.boots.map((boot) => [boot.name, boot.ranges]))
    },
    restore: (deviceId, record) => {
      const restored = parseRecord(record)
      if (restored.length > 0) mergeBoots(seenOf(deviceId), restored, bounds)
    },
    get size() {
      return devices.size
    },
  }
}
