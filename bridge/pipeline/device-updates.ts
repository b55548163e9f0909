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
  /** Where it came from: the address of a device that never said its own. */
  readonly peerAddress?: string | undefined
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

/**
 * What was said of a device before its row could be read; said again once it is. A registration starts the device
 * anew, so only what came after it stands beside it.
 */
export interface Said {
  readonly registration?: Registration
  readonly facts?: DeviceFacts
}

/** A device that registers starts anew: `errors`, `createdAt` and a known address stay. */
export const applyRegistration = (device: Device, said: Registration, at: number): Device => ({
  ...device,
  name: said.name,
  type: said.type,
  ipAddress: said.ipAddress ?? device.ipAddress ?? said.peerAddress ?? null,
  capabilities: said.capabilities ?? [],
  reportedStatus: 'online',
  uptimeMs: 0,
  freeHeap: 0,
  wifiRssi: 0,
  lastSeen: Math.max(device.lastSeen, at),
})

/** A sign of life ends what was said with the last one: that the device goes offline. */
const statusAfter = (status: ReportedStatus): ReportedStatus => (status === 'offline' ? 'online' : status)

/** What a board says of itself; what it does not say stays. Numbers are kept whole, as the columns were. */
export const applyFacts = (device: Device, facts: DeviceFacts, at: number): Device => ({
  ...device,
  name: facts.name ?? device.name,
  type: facts.type ?? device.type,
  ipAddress: facts.ipAddress ?? device.ipAddress,
  capabilities: facts.capabilities ?? device.capabilities,
  reportedStatus: facts.status ?? statusAfter(device.reportedStatus),
  uptimeMs: Math.round(facts.uptimeMs ?? device.uptimeMs),
  freeHeap: Math.round(facts.freeHeap ?? device.freeHeap),
  wifiRssi: Math.round(facts.wifiRssi ?? device.wifiRssi),
  lastSeen: Math.max(device.lastSeen, at),
})

/** A heartbeat is facts whose status is never left open. */
export const factsOf = ({ status, uptimeMs, freeHeap, wifiRssi }: Heartbeat): DeviceFacts => ({
  status: status ?? 'online',
  uptimeMs: uptimeMs ?? undefined,
  freeHeap: freeHeap ?? undefined,
  wifiRssi: wifiRssi ?? undefined,
})

export const sayRegistration = (before: Said, registration: Registration): Said => ({
  registration: {
    ...registration,
    ipAddress: registration.ipAddress ?? before.facts?.ipAddress ?? before.registration?.ipAddress,
  },
})

const mergeFacts = (before: DeviceFacts, later: DeviceFacts): DeviceFacts => ({
  name: later.name ?? before.name,
  type: later.type ?? before.type,
  ipAddress: later.ipAddress ?? before.ipAddress,
  capabilities: later.capabilities ?? before.capabilities,
  status: later.status ?? (before.status && statusAfter(before.status)),
  uptimeMs: later.uptimeMs ?? before.uptimeMs,
  freeHeap: later.freeHeap ?? before.freeHeap,
  wifiRssi: later.wifiRssi ?? before.wifiRssi,
})

export const sayFacts = (before: Said, facts: DeviceFacts): Said => ({
  ...before,
  facts: mergeFacts(before.facts ?? {}, facts),
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
  if (said.facts !== undefined) device = applyFacts(device, said.facts, seen.lastSeen)
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
