import { type Latest, mergeLatest } from '../core/latest.ts'
import type { DeviceId } from '../core/reading.ts'
import type { LatestStore } from '../ports.ts'

export interface MemoryLatestOptions {
  /** Devices kept; over that the one written longest ago is forgotten. */
  readonly maxDevices?: number
}

/** Latest values in memory: what Redis does, for one process and as long as it lives. */
export const createMemoryLatest = ({ maxDevices = 100_000 }: MemoryLatestOptions = {}): LatestStore => {
  const known = new Map<DeviceId, Latest>()

  const put = (incoming: Latest): void => {
    const merged = mergeLatest(known.get(incoming.deviceId), incoming)
    known.delete(incoming.deviceId)
    known.set(incoming.deviceId, merged)
    if (known.size <= maxDevices) return
    for (const oldest of known.keys()) {
      known.delete(oldest)
      return
    }
  }

  return {
    put: async (latest) => latest.forEach(put),
    get: async (deviceIds) => deviceIds.map((id) => known.get(id)).filter((latest) => latest !== undefined),
    remove: async (deviceIds) => {
      for (const id of deviceIds) known.delete(id)
    },
  }
}
