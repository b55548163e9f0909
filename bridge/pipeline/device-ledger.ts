/**
 * The balance of each device since this start. A reading moves from place to place: received → in flight →
 * spooled → stored; here each move is counted where it happens, so a move that is missing shows as a remainder.
 * Bounded in devices: those longest unheard of make room, and nothing of theirs is under way then.
 */
import { type Balance, checked, type DeviceBalance } from '../core/balance.ts'
import type { DeviceClock } from '../core/device-clock.ts'
import type { DropReason } from '../core/drop-reason.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { SequenceState } from '../core/sequence-state.ts'
import type { Batch, Stored } from '../ports.ts'
import { countByDevice } from './rows-by-device.ts'
import { type Evictable, evictUnused } from './second-chance.ts'

interface Counts extends Evictable {
  received: number
  stored: number
  spooled: number
  inFlight: number
  deduplicated: number
  deadLettered: number
  dropped: Partial<Record<DropReason, number>> | undefined
}

export interface DeviceLedger {
  /** Readings, or one message that cannot be read, on their way to the disk. */
  took(deviceId: DeviceId, count: number): void
  deduplicated(deviceId: DeviceId, count: number): void
  dropped(deviceId: DeviceId, reason: DropReason): void
  durable(readings: readonly Reading[]): void
  durableLetter(deviceId: DeviceId): void
  /** Rows of this run that the sink has taken. */
  stored(batch: Batch, stored: Pick<Stored, 'resent'>): void
  devices(limit: number): readonly DeviceBalance[]
  device(deviceId: DeviceId): DeviceBalance | undefined
}

/** What else is known of a device. */
export interface DeviceLedgerDeps {
  readonly sequence: (deviceId: DeviceId) => SequenceState | undefined
  readonly clock: (deviceId: DeviceId) => DeviceClock | undefined
}

export interface DeviceLedgerOptions {
  readonly maxDevices: number
}

const NONE = {} as const
/** Entries that are looked at for one that makes room. */
const LOOKS = 64
/** With this many times the devices that are wanted, one goes although its rows wait: its books begin anew. */
const MOST = 2
const BY_RECEIVED = (a: DeviceBalance, b: DeviceBalance): number => b.received - a.received

/** Nothing received yet. */
export const createDeviceLedger = (
  { sequence, clock }: DeviceLedgerDeps,
  { maxDevices }: DeviceLedgerOptions,
): DeviceLedger => {
  const devices = new Map<DeviceId, Counts>()

  /** A few looks at a time: in an outage rows of every device may wait, and none may go before its rows are stored. */
  const makeRoom = (): void => {
    let looks = LOOKS
    const isPressed = devices.size >= maxDevices * MOST
    evictUnused(
      devices,
      () => devices.size < maxDevices || looks-- === 0,
      (counts) => isPressed || (counts.inFlight === 0 && counts.spooled === 0),
    )
  }

  const countsOf = (deviceId: DeviceId): Counts => {
    const known = devices.get(deviceId)
    if (known !== undefined) {
      known.touched = true
      return known
    }
    if (devices.size >= maxDevices) makeRoom()
    const counts: Counts = {
      touched: false,
      received: 0,
      stored: 0,
      spooled: 0,
      inFlight: 0,
      deduplicated: 0,
      deadLettered: 0,
      dropped: undefined,
    }
    devices.set(deviceId, counts)
    return counts
  }

  // A device that had to make room has no books any more.
  const moveToSpool = (deviceId: DeviceId): void => {
    const counts = devices.get(deviceId)
    if (counts === undefined) return
    counts.inFlight -= 1
    counts.spooled += 1
  }

  const balanceOf = (deviceId: DeviceId, counts: Counts): DeviceBalance => {
    const { received, stored, spooled, inFlight, deduplicated, deadLettered, dropped = NONE } = counts
    const balance: Balance = { received, stored, spooled, inFlight, deduplicated, deadLettered, dropped }
    return {
      deviceId,
      ...checked(balance),
      sequence: sequence(deviceId) ?? null,
      clock: clock(deviceId) ?? null,
    }
  }

  return {
    took: (deviceId, count) => {
      const counts = countsOf(deviceId)
      counts.received += count
      counts.inFlight += count
    },
    deduplicated: (deviceId, count) => {
      const counts = countsOf(deviceId)
      counts.received += count
      counts.deduplicated += count
    },
    dropped: (deviceId, reason) => {
      const counts = countsOf(deviceId)
      counts.received += 1
      counts.dropped ??= {}
      counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1
    },
    durable: (readings) => {
      for (const { deviceId } of readings) moveToSpool(deviceId)
    },
    durableLetter: moveToSpool,
    stored: (batch, { resent }) => {
      for (const [deviceId, count] of countByDevice(batch.readings, 'reading')) {
        const counts = devices.get(deviceId)
        if (counts === undefined) continue
        const known = resent.get(deviceId) ?? 0
        counts.spooled -= count
        counts.stored += count - known
        counts.deduplicated += known
      }
      for (const [deviceId, count] of countByDevice(batch.deadLetters, 'dead-letter')) {
        const counts = devices.get(deviceId)
        if (counts === undefined) continue
        counts.spooled -= count
        counts.deadLettered += count
      }
    },
    devices: (limit) => {
      const all: DeviceBalance[] = []
      for (const [deviceId, counts] of devices) all.push(balanceOf(deviceId, counts))
      return all.sort(BY_RECEIVED).slice(0, limit)
    },
    device: (deviceId) => {
      const counts = devices.get(deviceId)
      return counts && balanceOf(deviceId, counts)
    },
  }
}
