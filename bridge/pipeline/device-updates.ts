/** What a device says of itself, and what that makes of its row. Pure. */
import type { Device, ReportedStatus } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import type { DeviceFacts } from '../services.ts'

/** A registration (REST or MQTT), checked. */
export interface Registration {
  readonly deviceId: DeviceId
  readonly name: string
  readonly type: string
  /** Absent or null: the known one stays. */
  readonly ipAddress?: string | null | undefined
  readonly capabilities?: readonly string[] | undefined
}

/** A heartbeat, checked. What is absent or null stays as it is known; `status` is online when absent. */
export interface Heartbeat {
  readonly deviceId: DeviceId
  readonly status?: ReportedStatus | undefined
  readonly uptimeMs?: number | null | undefined
  readonly freeHeap?: number | null | undefined
  readonly wifiRssi?: number | null | undefined
}

/** What was said of a device before its row could be read; said again once it is. */
export interface Said {
  readonly registration?: Registration
  readonly heartbeat?: Heartbeat
}

/** A device that registers starts anew: `errors`, `createdAt` and a known address stay. */
export const applyRegistration = (device: Device, said: Registration, at: number): Device => ({
  ...device,
  name: said.name,
  type: said.type,
  ipAddress: said.ipAddress ?? device.ipAddress,
  capabilities: said.capabilities ?? [],
  reportedStatus: 'online',
  uptimeMs: 0,
  freeHeap: 0,
  wifiRssi: 0,
  lastSeen: Math.max(device.lastSeen, at),
})

/** Numbers are kept whole, as the columns are. */
export const applyHeartbeat = (device: Device, said: Heartbeat, at: number): Device => ({
  ...device,
  reportedStatus: said.status ?? 'online',
  uptimeMs: Math.round(said.uptimeMs ?? device.uptimeMs),
  freeHeap: Math.round(said.freeHeap ?? device.freeHeap),
  wifiRssi: Math.round(said.wifiRssi ?? device.wifiRssi),
  lastSeen: Math.max(device.lastSeen, at),
})

/** What a board says of itself in passing; what it does not say stays. */
export const applyFacts = (device: Device, facts: DeviceFacts, at: number): Device => ({
  ...device,
  name: facts.name ?? device.name,
  type: facts.type ?? device.type,
  ipAddress: facts.ipAddress ?? device.ipAddress,
  capabilities: facts.capabilities ?? device.capabilities,
  reportedStatus: facts.status ?? (device.reportedStatus === 'offline' ? 'online' : device.reportedStatus),
  uptimeMs: Math.round(facts.uptimeMs ?? device.uptimeMs),
  freeHeap: Math.round(facts.freeHeap ?? device.freeHeap),
  wifiRssi: Math.round(facts.wifiRssi ?? device.wifiRssi),
  lastSeen: Math.max(device.lastSeen, at),
})

export const sayRegistration = (before: Said, registration: Registration): Said => ({
  registration: { ...registration, ipAddress: registration.ipAddress ?? before.registration?.ipAddress },
})

export const sayHeartbeat = (before: Said, heartbeat: Heartbeat): Said => ({
  ...before,
  heartbeat: {
    deviceId: heartbeat.deviceId,
    status: heartbeat.status,
    uptimeMs: heartbeat.uptimeMs ?? before.heartbeat?.uptimeMs,
    freeHeap: heartbeat.freeHeap ?? before.heartbeat?.freeHeap,
    wifiRssi: heartbeat.wifiRssi ?? before.heartbeat?.wifiRssi,
  },
})

/**
 * A stored device as this process takes it over. Its connection ended with the process that held it, at a time
 * nobody noted; it is not shown offline for that: it either connects again or falls silent.
 */
export const resumeDevice = (stored: Device): Device =>
  stored.connection === 'connected'
    ? {
        ...stored,
        connection: 'disconnected',
        connectionAt: Math.min(stored.connectionAt, stored.lastSeen - 1),
      }
    : stored

/** The stored row of a device, and what was seen and said of it before the row could be read. */
export const mergeStored = (stored: Device, seen: Device, said: Said): Device => {
  let device = resumeDevice(stored)
  if (device.reportedStatus === 'offline' && seen.lastSeen > device.lastSeen) {
    device = { ...device, reportedStatus: 'online' }
  }
  if (said.registration !== undefined) device = applyRegistration(device, said.registration, seen.lastSeen)
  if (said.heartbeat !== undefined) device = applyHeartbeat(device, said.heartbeat, seen.lastSeen)
  const { connection, connectionAt } = seen.connection === 'none' ? device : seen
  return {
    ...device,
    connection,
    connectionAt,
    lastSeen: Math.max(device.lastSeen, seen.lastSeen),
    hasReadings: device.hasReadings || seen.hasReadings,
    updatedAt: Math.max(device.updatedAt, seen.updatedAt),
  }
}
