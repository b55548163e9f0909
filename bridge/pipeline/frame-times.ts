import { LRUCache } from 'lru-cache'
import type { DeviceId } from '../core/reading.ts'
import type { Clock } from '../ports.ts'

/** Beyond this the clock was set back: names follow it rather than run ahead of it for hours. */
const MAX_AHEAD_MS = 60_000
const MAX_DEVICES = 10_000

export interface FrameTimes {
  /** The time of a picture that comes now: no two of a device share one. */
  next(deviceId: DeviceId): number
}

/** Times of receipt, made unique per device: the second picture in a millisecond gets the next one. */
export const createFrameTimes = (clock: Clock): FrameTimes => {
  const last = new LRUCache<DeviceId, number>({ max: MAX_DEVICES })
  return {
    next: (deviceId) => {
      const now = clock()
      const before = last.get(deviceId) ?? 0
      const at = now > before || before - now > MAX_AHEAD_MS ? now : before + 1
      last.set(deviceId, at)
      return at
    },
  }
}
