import type { Device } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import type { DeviceStore } from '../ports.ts'

const byLastSeen = (a: Device, b: Device): number =>
  b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** The registry in memory: for running without a database, and for tests. */
export const createMemoryDevices = (): DeviceStore => {
  const devices = new Map<DeviceId, Device>()
  return {
    upsert: async (changed) => {
      for (const device of changed) devices.set(device.id, device)
    },
    list: async (limit) => [...devices.values()].sort(byLastSeen).slice(0, limit),
    get: async (deviceId) => devices.get(deviceId),
    remove: async (deviceIds) => {
      for (const id of deviceIds) devices.delete(id)
    },
  }
}
