/**
 * The clocks of the boards heard of: of each device the boots used last, bounded; those longest unused make room.
 * A clock that was forgotten, or that a restart took along, is set anew by the next reading of its boot.
 */
import { type BoardClocks, placeReadings } from '../core/board-times.ts'
import { type BootClock, newBootClock, shiftClock } from '../core/boot-clock.ts'
import { type DeviceClock, deviceClock } from '../core/device-clock.ts'
import { newOwnClock, noteOwn, type OwnClock } from '../core/own-clock.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import { type Evictable, evictUnused } from './second-chance.ts'

/** `maxBoots` of one device, `maxClocks` of all: a clock takes about 1 kB. */
export const BOOT_CLOCK_LIMITS = { maxDevices: 100_000, maxBoots: 3, maxClocks: 150_000 } as const

export type BootClockLimits = { readonly [limit in keyof typeof BOOT_CLOCK_LIMITS]: number }

export interface BootClocks extends BoardClocks {
  /** Readings of before a restart, oldest first: sets the clocks as they were set when those came. */
  take(readings: readonly Reading[]): void
  /** The server's clock was put forward by `ms` (back when negative). */
  shift(ms: number): void
  /** What is known of a device's clocks; undefined when nothing is. */
  clockOf(deviceId: DeviceId): DeviceClock | undefined
  /** Devices known. */
  readonly size: number
}

interface Named {
  readonly name: string
  readonly clock: BootClock
}

interface Entry extends Evictable {
  /** The boot used last is the last. */
  readonly boots: Named[]
  own: OwnClock | undefined
  /** `shifted` when the clocks were used last. */
  shifted: number
}

type Retold = Pick<Reading, 'deviceId' | 'boot' | 'uptimeMs' | 'receivedAt'> & {
  -readonly [name in 'ts' | 'tsSource']: Reading[name]
}

/** A copy of a stored reading, as it was before its uptime was placed: what is stored stays as it is. */
const retold = ({ deviceId, boot, uptimeMs, receivedAt, ts, tsSource }: Reading): Retold => {
  if (tsSource === 'device') return { deviceId, boot, uptimeMs, receivedAt, ts, tsSource }
  return { deviceId, boot, uptimeMs, receivedAt, ts: receivedAt, tsSource: 'server' }
}

/** No clocks yet. */
export const createBootClocks = (limits: BootClockLimits = BOOT_CLOCK_LIMITS): BootClocks => {
  const entries = new Map<DeviceId, Entry>()
  /** Milliseconds the server's clock was put forward in all. */
  let shifted = 0
  /** Boots of all devices. */
  let known = 0

  const catchUp = (entry: Entry): void => {
    for (const { clock } of entry.boots) shiftClock(clock, shifted - entry.shifted)
    if (entry.own !== undefined) entry.own.aheadMs -= shifted - entry.shifted
    entry.shifted = shifted
  }

  const makeRoom = (enough: () => boolean, keep?: Entry): void =>
    evictUnused(
      entries,
      enough,
      (entry) => entry !== keep,
      ({ boots }) => {
        known -= boots.length
      },
    )

  const entryOf = (deviceId: DeviceId): Entry => {
    let entry = entries.get(deviceId)
    if (entry === undefined) {
      entry = { touched: false, boots: [], own: undefined, shifted }
      makeRoom(() => entries.size < limits.maxDevices)
      entries.set(deviceId, entry)
    } else {
      entry.touched = true
    }
    if (entry.shifted !== shifted) catchUp(entry)
    return entry
  }

  /** A boot that was not used last: found and moved to the end, or made. */
  const otherBoot = (entry: Entry, name: string, make: () => BootClock): BootClock => {
    const { boots } = entry
    const at = boots.findIndex((boot) => boot.name === name)
    const [found] = at === -1 ? [] : boots.splice(at, 1)
    const boot = found ?? { name, clock: make() }
    if (found === undefined) {
      if (boots.length === limits.maxBoots) boots.shift()
      else known += 1
      makeRoom(() => known <= limits.maxClocks, entry)
    }
    boots.push(boot)
    return boot.clock
  }

  const clocks: BoardClocks = {
    boot: (deviceId, boot, uptimeMs, receivedAt) => {
      const entry = entryOf(deviceId)
      const newest = entry.boots.at(-1)
      if (newest !== undefined && newest.name === boot) return newest.clock
      return otherBoot(entry, boot, () => newBootClock(uptimeMs, receivedAt))
    },
    own: (deviceId, aheadMs) => {
      const entry = entryOf(deviceId)
      if (entry.own === undefined) entry.own = newOwnClock(aheadMs)
      else noteOwn(entry.own, aheadMs)
    },
  }

  return {
    ...clocks,
    take: (readings) => {
      // By the message they came in: of an array only the newest was live.
      let message: Retold[] = []
      for (const reading of readings) {
        const first = message[0]
        if (first?.deviceId !== reading.deviceId || first.receivedAt !== reading.receivedAt) {
          placeReadings(message, clocks)
          message = []
        }
        message.push(retold(reading))
      }
      placeReadings(message, clocks)
    },
    shift: (ms) => {
      shifted += ms
    },
    clockOf: (deviceId) => {
      const entry = entries.get(deviceId)
      if (entry === undefined) return undefined
      if (entry.shifted !== shifted) catchUp(entry)
      return deviceClock(entry.boots.at(-1), entry.own)
    },
    get size() {
      return entries.size
    },
  }
}
