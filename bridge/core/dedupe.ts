/**
 * The sequence numbers seen of each device: a reading with `boot` and `seq` that was taken in is not stored
 * again when its board resends it. Bounded in devices, boots and ranges; what is forgotten counts as new, and
 * core/unverified.ts knows that it may not be.
 */
import type { DeviceId } from './reading.ts'
import { mergeBoot, newBoot, noteSequence, type SeenBoot, stateOf } from './seen-boot.ts'
import { parseRecord, printRecord } from './seen-record.ts'
import type { SequenceState } from './sequence-state.ts'

/** `maxWaiting`: boots that wait for a look into the table stay beyond `maxBoots`, up to this many. */
export const SEEN_LIMITS = { maxDevices: 100_000, maxBoots: 4, maxWaiting: 64, maxRanges: 64 } as const

export type SeenLimits = { readonly [limit in keyof typeof SEEN_LIMITS]: number }

/** Told of boots as they come into the window and go. */
export interface SeenHooks {
  readonly made: (boot: SeenBoot) => void
  readonly dropped: (boot: SeenBoot) => void
}

export interface SeenSequences {
  /** Notes a reading; true when it is the first time, false when it was noted before. */
  note(deviceId: DeviceId, boot: string, seq: number): boolean
  /** The boot, used now; made when it is missing. */
  use(deviceId: DeviceId, boot: string): SeenBoot
  /** As `note`, of a boot that `use` gave for this very reading. */
  noteIn(boot: SeenBoot, seq: number): boolean
  /** The boot if it is known; that is no use of it. */
  find(deviceId: DeviceId, boot: string): SeenBoot | undefined
  /** What is known of a device, as compact text; undefined when nothing is. */
  record(deviceId: DeviceId): string | undefined
  /**
   * Adds what `record` gave, as older than what is known already; returns its boots. A damaged record adds nothing:
   * undefined.
   */
  restore(deviceId: DeviceId, record: string): readonly SeenBoot[] | undefined
  /** Of the boot used last. */
  state(deviceId: DeviceId): SequenceState | undefined
  /** Devices known. */
  readonly size: number
  /** Numbers missing between the lowest and the highest of each boot. */
  readonly missing: number
}

interface Seen {
  /** Oldest use first. */
  readonly boots: SeenBoot[]
  /** Used since the hand passed; then it gets a second chance. */
  used: boolean
}

/** Passed over at most so many at once, to bound the time of one eviction; more of them when they wait for a look. */
const MAX_SECOND_CHANCES = 8
const MAX_WAITING_CHANCES = 64

const NO_HOOKS: SeenHooks = { made: () => {}, dropped: () => {} }

const isWaiting = (boot: SeenBoot): boolean => boot.waiting !== undefined

/**
 * Nothing seen yet. Devices not heard of for long make room by the clock rule: a hand goes round the map and
 * takes the first that was not used since it last came by. A hit costs a flag, not a move in the map.
 */
export const createSeenSequences = (
  limits: Partial<SeenLimits> = {},
  hooks: SeenHooks = NO_HOOKS,
): SeenSequences => {
  const bounds: SeenLimits = { ...SEEN_LIMITS, ...limits }
  const devices = new Map<DeviceId, Seen>()
  // Kept from eviction to eviction: a new iterator would walk over the holes of all that were deleted.
  let hand = devices.entries()
  let missing = 0

  const drop = (boot: SeenBoot): void => {
    missing -= boot.missing
    hooks.dropped(boot)
  }

  const nextOfHand = (): [DeviceId, Seen] | undefined => {
    let next = hand.next()
    if (next.done === true) {
      hand = devices.entries()
      next = hand.next()
    }
    return next.done === true ? undefined : next.value
  }

  const forget = (deviceId: DeviceId, seen: Seen): void => {
    devices.delete(deviceId)
    seen.boots.forEach(drop)
  }

  const evictOne = (): void => {
    for (let chances = 0; ; chances++) {
      const candidate = nextOfHand()
      if (candidate === undefined) return
      const [deviceId, seen] = candidate
      const waits = seen.boots.some(isWaiting)
      if (!waits && (!seen.used || chances >= MAX_SECOND_CHANCES)) return forget(deviceId, seen)
      // Rather twice the devices for a while than a reading stored twice.
      if (chances >= MAX_WAITING_CHANCES)
        return devices.size < bounds.maxDevices * 2 ? undefined : forget(deviceId, seen)
      seen.used = false
    }
  }

  const seenOf = (deviceId: DeviceId): Seen => {
    const known = devices.get(deviceId)
    if (known !== undefined) {
      known.used = true
      return known
    }
    for (let i = 0; i < 2 && devices.size >= bounds.maxDevices; i++) evictOne()
    const seen: Seen = { boots: [], used: false }
    devices.set(deviceId, seen)
    return seen
  }

  /** Drops the boots used least lately until few enough are left; never the one used last. */
  const keepToBound = ({ boots }: Seen): void => {
    while (boots.length > bounds.maxBoots) {
      const idle = boots.findIndex((boot) => !isWaiting(boot))
      const isIdle = idle !== -1 && idle < boots.length - 1
      if (!isIdle && boots.length <= Math.max(bounds.maxWaiting, bounds.maxBoots)) return
      boots.splice(isIdle ? idle : 0, 1).forEach(drop)
    }
  }

  const made = (name: string): SeenBoot => {
    const boot = newBoot(name)
    hooks.made(boot)
    return boot
  }

  const use = (deviceId: DeviceId, name: string): SeenBoot => {
    const seen = seenOf(deviceId)
    const { boots } = seen
    const newest = boots.at(-1)
    if (newest !== undefined && newest.name === name) return newest
    const at = boots.findIndex((known) => known.name === name)
    const [boot = made(name)] = at === -1 ? [] : boots.splice(at, 1)
    boots.push(boot)
    keepToBound(seen)
    return boot
  }

  const noteIn = (boot: SeenBoot, seq: number): boolean => {
    const before = boot.missing
    const isNew = noteSequence(boot, seq, bounds.maxRanges)
    missing += boot.missing - before
    return isNew
  }

  return {
    note: (deviceId, boot, seq) => noteIn(use(deviceId, boot), seq),
    use,
    noteIn,
    find: (deviceId, name) => devices.get(deviceId)?.boots.find((boot) => boot.name === name),
    record: (deviceId) => {
      const seen = devices.get(deviceId)
      return seen && printRecord(seen.boots)
    },
    restore: (deviceId, record) => {
      const restored = parseRecord(record)
      if (restored === undefined || restored.length === 0) return restored
      const seen = seenOf(deviceId)
      const older: SeenBoot[] = []
      const all = restored.map((from) => {
        const known = (boot: SeenBoot): boolean => boot.name === from.name
        let boot = seen.boots.find(known) ?? older.find(known)
        if (boot === undefined) {
          boot = made(from.name)
          older.push(boot)
        }
        const before = boot.missing
        mergeBoot(boot, from, bounds.maxRanges)
        missing += boot.missing - before
        return boot
      })
      seen.boots.unshift(...older)
      keepToBound(seen)
      return all
    },
    state: (deviceId) => {
      const boot = devices.get(deviceId)?.boots.at(-1)
      return boot && stateOf(boot)
    },
    get size() {
      return devices.size
    },
    get missing() {
      return missing
    },
  }
}
