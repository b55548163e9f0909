import type { DeviceId } from './reading.ts'

/** What a client of the older backend may say of itself in a heartbeat. */
export type ReportedStatus = 'online' | 'offline' | 'warning' | 'error' | 'maintenance'

/** Its MQTT connection, as far as Sluice knows. `none`: never seen on MQTT (REST boards). */
export type Connection = 'connected' | 'disconnected' | 'none'

/**
 * One device of the registry. Connection and silence are two facts: a connected board may have nothing to
 * say, and a board that posts over REST has no connection at all.
 */
export interface Device {
  readonly id: DeviceId
  /** The registered name; the id when it never registered. */
  readonly name: string
  /** The registered type; null when it never registered. */
  readonly type: string | null
  readonly ipAddress: string | null
  readonly capabilities: readonly string[]
  readonly reportedStatus: ReportedStatus
  readonly connection: Connection
  /** Epoch ms of the last change of `connection`. */
  readonly connectionAt: number
  /** Epoch ms of the last sign of life. */
  readonly lastSeen: number
  /** Whether it ever sent a reading (its shown type then contains `sensor`, contract Q3). */
  readonly hasReadings: boolean
  readonly uptimeMs: number
  readonly freeHeap: number
  readonly wifiRssi: number
  readonly errors: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A device nobody has heard of for this long is silent (contract Q25). */
export const SILENT_AFTER_MS = 120_000

/** A device at its first sign of life. */
export const newDevice = (id: DeviceId, now: number): Device => ({
  id,
  name: id,
  type: null,
  ipAddress: null,
  capabilities: [],
  reportedStatus: 'online',
  connection: 'none',
  connectionAt: now,
  lastSeen: now,
  hasReadings: false,
  uptimeMs: 0,
  freeHeap: 0,
  wifiRssi: 0,
  errors: 0,
  createdAt: now,
  updatedAt: now,
})

/** True when there was no sign of life for `silentAfterMs`. */
export const isSilent = (device: Device, now: number, silentAfterMs: number = SILENT_AFTER_MS): boolean =>
  now - device.lastSeen > silentAfterMs

/**
 * The one status shown to clients: offline when silent, or when its MQTT connection ended and nothing was
 * heard of it since by any other way; else what it reported.
 */
export const shownStatus = (
  device: Device,
  now: number,
  silentAfterMs: number = SILENT_AFTER_MS,
): ReportedStatus => {
  if (isSilent(device, now, silentAfterMs)) return 'offline'
  if (device.connection === 'disconnected' && device.lastSeen <= device.connectionAt) return 'offline'
  return device.reportedStatus
}

/** The type shown to clients: always one that contains `sensor` for a device with readings (contract Q3). */
export const shownType = (device: Device): string => {
  const type = device.type ?? (device.hasReadings ? 'sensor' : 'unknown')
  return device.hasReadings && !type.includes('sensor') ? 'sensor' : type
}
