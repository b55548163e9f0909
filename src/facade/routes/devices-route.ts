import { type Device, shownStatus, shownType } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { type DeviceRow, devicesAnswer } from '../contract/devices.ts'

const MAX_DEVICES = 100

const toRow = (device: Device, now: number): DeviceRow => ({
  deviceId: device.id,
  deviceName: device.name === '' ? device.id : device.name,
  deviceType: shownType(device),
  status: shownStatus(device, now),
  ipAddress: device.ipAddress,
  lastHeartbeat: device.lastSeen,
  uptime: device.uptimeMs,
  freeHeap: device.freeHeap,
  wifiRssi: device.wifiRssi,
  errorCount: device.errors,
  capabilities: device.capabilities,
})

/** `GET /api/v1/devices`: at most 100, newest sign of life first. An outage is a 503, never an empty list. */
export const devicesRoute = (app: FacadeApp, { devices, clock }: FacadeDeps): void => {
  const schema = { response: { 200: devicesAnswer, '5xx': errorAnswer } }
  app.get('/devices', { schema }, async () => {
    const known = await devices.list(MAX_DEVICES)
    const now = clock()
    return {
      success: true as const,
      devices: known.slice(0, MAX_DEVICES).map((device) => toRow(device, now)),
    }
  })
}
