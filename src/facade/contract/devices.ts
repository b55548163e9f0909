/** `GET /api/v1/devices` */
import { z } from 'zod'
import { epochMs } from './answers.ts'

/** The app calls `.toUpperCase()` on status and `.join` on capabilities, and shows a text time as N/A. */
export const deviceRow = z.object({
  deviceId: z.string(),
  deviceName: z.string(),
  deviceType: z.string(),
  status: z.enum(['online', 'offline', 'warning', 'error', 'maintenance']),
  ipAddress: z.string().nullable(),
  lastHeartbeat: epochMs,
  /** As the device sent it: milliseconds. */
  uptime: z.number(),
  freeHeap: z.number(),
  wifiRssi: z.number(),
  errorCount: z.number(),
  capabilities: z.array(z.string()).readonly(),
})
export type DeviceRow = z.infer<typeof deviceRow>

export const devicesAnswer = z.object({ success: z.literal(true), devices: z.array(deviceRow).readonly() })
