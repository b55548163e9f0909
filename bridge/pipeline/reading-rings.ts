/**
 * The rings of all devices, bounded twice: by devices and by readings in all. Over a bound the device longest
 * unused goes, one whose readings are all in Postgres first. When a device has to go before that, `missedTo`
 * says so: until the drain is past it, no answer of Postgres can be taken for complete.
 */
import type { DeviceId, Reading } from '../core/reading.ts'
import { createReadingRing, type Held, type ReadingRing } from './reading-ring.ts'
import { type Evictable, evictUnused } from './second-chance.ts'

export interface ReadingRingsOptions {
  /** Readings kept of one device, at least (a quarter more at times). */
  readonly perDevice: number
  readonly maxDevices: number
  /** Readings kept in all. */
  readonly maxReadings: number
  /** A device neither heard of nor asked for this long is forgotten. */
  readonly ttlMs: number
}

export interface ReadingRings {
  add(readings: readonly Reading[], firstOffset: number): void
  get(deviceId: DeviceId): ReadingRing | undefined
  /** As `get`, and keeps the ring from being forgotten. */
  use(deviceId: DeviceId, now: number): ReadingRing | undefined
  replace(deviceId: DeviceId, held: readonly Held[], whole: boolean, now: number): void
  /** Forgets what nobody used for the time it may stay. */
  sweep(now: number): void
  /** The highest offset of a reading that was never here, or went with its device before it was drained. */
  readonly missedTo: number
  readonly readings: number
  readonly devices: number
}

interface Entry extends Evictable {
  readonly ring: ReadingRing
  /** Epoch ms. */
  usedAt: number
}

/** @param drainedTo rows of the spool below this offset are in Postgres */
export const createReadingRings = (
  drainedTo: () => number,
  { perDevice, maxDevices, maxReadings, ttlMs }: ReadingRingsOptions,
): ReadingRings => {
  const entries = new Map<DeviceId, Entry>()
  let size = 0
  let missedTo = -1
  let isFirst = true

  const isDrained = ({ ring }: Entry): boolean => ring.lastOffset < drainedTo()

  const dropped = (entry: Entry): void => {
    size -= entry.ring.held.length
    if (!isDrained(entry)) missedTo = Math.max(missedTo, entry.ring.lastOffset)
  }

  const makeRoom = (): void => {
    if (size <= maxReadings && entries.size <= maxDevices) return
    // A tenth at a time, so that it is not looked for at every reading.
    const enough = (): boolean => size <= maxReadings * 0.9 && entries.size <= maxDevices * 0.9
    evictUnused(entries, enough, isDrained, dropped)
    evictUnused(entries, enough, () => true, dropped)
  }

  const entryOf = (deviceId: DeviceId, since: number): Entry => {
    let entry = entries.get(deviceId)
    if (entry === undefined) {
      entry = { ring: createReadingRing(perDevice, since), usedAt: since, touched: false }
      entries.set(deviceId, entry)
    }
    return entry
  }

  const addOne = (reading: Reading, offset: number): void => {
    const entry = entryOf(reading.deviceId, reading.receivedAt)
    entry.touched = true
    entry.usedAt = reading.receivedAt
    size += entry.ring.add(reading, offset)
  }

  /** Rows before the first one were never here, and rings filled until now may lack them. */
  const begin = (firstOffset: number): void => {
    isFirst = false
    missedTo = firstOffset - 1
    entries.clear()
    size = 0
  }

  return {
    add: (readings, firstOffset) => {
      if (isFirst) begin(firstOffset)
      let offset = firstOffset
      for (const reading of readings) {
        addOne(reading, offset)
        offset += 1
      }
      makeRoom()
    },
    get: (deviceId) => entries.get(deviceId)?.ring,
    use: (deviceId, now) => {
      const entry = entries.get(deviceId)
      if (entry === undefined) return undefined
      entry.touched = true
      entry.usedAt = now
      return entry.ring
    },
    replace: (deviceId, held, whole, now) => {
      size += entryOf(deviceId, now).ring.replace(held, whole)
      makeRoom()
    },
    sweep: (now) => {
      for (const [deviceId, entry] of entries) {
        if (now - entry.usedAt <= ttlMs || !isDrained(entry)) continue
        entries.delete(deviceId)
        dropped(entry)
      }
    },
    get missedTo() {
      return missedTo
    },
    get readings() {
      return size
    },
    get devices() {
      return entries.size
    },
  }
}
