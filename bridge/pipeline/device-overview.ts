/**
 * All devices at a glance, with their latest values, out of memory. What memory does not hold yet (after a start) is
 * looked up for all devices together, in the background, a part at a time: an answer waits a moment for it at most
 * and never fails for want of it, and a device that has no values is not asked about again for a minute.
 */
import type { Device } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import type { DeviceService, DeviceSummary, FrameService } from '../services.ts'
import { atMost } from './at-most.ts'
import type { DeviceRegistry } from './device-registry.ts'
import type { LatestValues } from './latest-values.ts'

export interface DeviceOverviewDeps {
  readonly registry: Pick<DeviceRegistry, 'list' | 'get' | 'stats'>
  readonly latest: Pick<LatestValues, 'peek' | 'get'>
  readonly frames: Pick<FrameService, 'newestStored'>
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
}

export interface DeviceOverviewOptions {
  /** Other nodes take readings in as well: what memory holds need not be the latest. */
  readonly isShared?: boolean
  /** Devices looked up at a time. */
  readonly maxPerLookUp?: number
  /** How long an answer waits for a look-up. */
  readonly waitMs?: number
  /** A device without values is looked up again after this. */
  readonly againAfterMs?: number
}

/** After a look-up that failed. */
const PAUSE_MS = 5_000
/** As many devices as there are in memory. */
const MAX_WITHOUT = 100_000

/** Nothing is looked up before it is asked for. */
export const createDeviceOverview = (
  { registry, latest, frames, monotonic }: DeviceOverviewDeps,
  options: DeviceOverviewOptions = {},
): Pick<DeviceService, 'overview' | 'summary'> => {
  const { isShared = false, maxPerLookUp = 1_000, waitMs = 250, againAfterMs = 60_000 } = options
  /** When they were last looked up in vain. */
  const without = new Map<DeviceId, number>()
  let looking: Promise<void> | undefined
  let pausedUntil = Number.NEGATIVE_INFINITY

  const isUnknown = ({ id, hasReadings }: Device): boolean => {
    if (!hasReadings || (!isShared && latest.peek(id) !== undefined)) return false
    const askedAt = without.get(id)
    return askedAt === undefined || monotonic() - askedAt >= againAfterMs
  }

  const lookUp = async (ids: readonly DeviceId[]): Promise<void> => {
    for (let from = 0; from < ids.length; from += maxPerLookUp) {
      const some = ids.slice(from, from + maxPerLookUp)
      const found = new Set((await latest.get(some)).map(({ deviceId }) => deviceId))
      if (without.size > MAX_WITHOUT) without.clear()
      for (const id of some) {
        if (found.has(id)) without.delete(id)
        else without.set(id, monotonic())
      }
    }
  }

  const complete = async (devices: readonly Device[]): Promise<void> => {
    if (looking === undefined) {
      if (monotonic() < pausedUntil) return
      const unknown = devices.filter(isUnknown).map(({ id }) => id)
      if (unknown.length === 0) return
      looking = lookUp(unknown)
        // Whoever keeps them is away, which is told elsewhere.
        .catch(() => {
          pausedUntil = monotonic() + PAUSE_MS
        })
        .finally(() => {
          looking = undefined
        })
    }
    await atMost(waitMs, looking)
  }

  const summaryOf = (device: Device): DeviceSummary => ({
    device,
    latest: latest.peek(device.id),
    frame: frames.newestStored(device.id),
  })

  return {
    overview: async (limit) => {
      const devices = await registry.list(limit)
      await complete(devices)
      return { devices: devices.map(summaryOf), total: Math.max(devices.length, registry.stats().devices) }
    },
    summary: async (deviceId) => {
      const device = await registry.get(deviceId)
      if (device === undefined) return undefined
      await complete([device])
      return summaryOf(device)
    },
  }
}
