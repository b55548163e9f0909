import { type Device, shownStatus, shownType } from '../../../bridge/index.ts'

/**
 * A device as register and heartbeat answer it: the fields of the older backend, in its order. The type is the
 * registered one, where the list shows one that its screen can sort (contract Q3).
 */
export const deviceFields = (device: Device, now: number) => ({
  id: device.id,
  name: device.name,
  type: device.type ?? shownType(device),
  ipAddress: device.ipAddress,
  status: shownStatus(device, now),
  lastSeen: device.lastSeen,
  uptime: device.uptimeMs,
  freeHeap: device.freeHeap,
  wifiRssi: device.wifiRssi,
  capabilities: device.capabilities,
  errors: device.errors,
})
