import { type Device, newDevice } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import type { Said } from './device-updates.ts'
import type { Marked } from './marked-writer.ts'
import type { Evictable } from './second-chance.ts'

/** A device as the registry holds it: changed in place, never handed out. */
export interface DeviceRecord extends Evictable, Marked {
  readonly device: { -readonly [field in keyof Device]: Device[field] }
  /** What was last told of it. */
  shown: 'online' | 'offline' | undefined
  /** Its row was read, or there is none: what is here may be written. */
  confirmed: boolean
  said: Said
  /** Its last sign of life came to this node. */
  heardHere: boolean
  /** The last sign of life that was written. */
  savedLastSeen: number
}

export const newDeviceRecord = (deviceId: DeviceId, at: number): DeviceRecord => ({
  device: { ...newDevice(deviceId, at) },
  shown: undefined,
  confirmed: false,
  said: {},
  heardHere: false,
  touched: false,
  dirty: false,
  writing: false,
  savedLastSeen: Number.NEGATIVE_INFINITY,
})

/** The `limit` devices seen last, newest first, without sorting them all. */
export const newestSeen = (devices: Iterable<Device>, limit: number): readonly Device[] => {
  let best: Device[] = []
  let least = Number.NEGATIVE_INFINITY
  const cut = (): void => {
    best = best.sort((a, b) => b.lastSeen - a.lastSeen).slice(0, limit)
    if (best.length === limit) least = best.at(-1)?.lastSeen ?? least
  }
  for (const device of devices) {
    if (device.lastSeen <= least) continue
    best.push(device)
    if (best.length >= limit * 2 + 64) cut()
  }
  cut()
  return best
}
