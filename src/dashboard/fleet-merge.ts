/** What is known of the devices after each thing that is heard. Pure; times are of the server's clock. */
import type { Device, Latest, Link, OverviewAnswer } from './answers.ts'

export type Devices = ReadonlyMap<string, Device>

/** As the server tells it apart: without a sign of life for so long a device is silent. */
export const SILENT_AFTER_MS = 120_000

/** A device of which nothing but its id is known yet. */
export const unknownDevice = (deviceId: string): Device => ({
  deviceId,
  name: deviceId,
  type: '',
  status: 'online',
  link: 'connected',
  lastSeen: 0,
  wifiRssi: null,
  uptimeMs: null,
  freeHeap: null,
  latest: null,
  frameAt: null,
})

const isNewer = (known: Latest | null, candidate: Latest): boolean =>
  known === null ||
  candidate.ts > known.ts ||
  (candidate.ts === known.ts && candidate.receivedAt >= known.receivedAt)

/** After new values. What is older than what is known changes nothing: the same object. */
export const withLatest = (device: Device, latest: Latest): Device => {
  if (!isNewer(device.latest, latest)) return device
  const isAlive = latest.receivedAt > Math.max(device.lastSeen, device.goneAt ?? 0)
  return {
    ...device,
    latest,
    lastSeen: Math.max(device.lastSeen, latest.receivedAt),
    link: isAlive ? 'connected' : device.link,
  }
}

/** After a device came or went. */
export const withStatus = (device: Device, status: 'online' | 'offline', at: number): Device => {
  if (at < device.lastSeen && status === 'offline') return device
  const link: Link = status === 'online' ? 'connected' : 'offline'
  const lastSeen = status === 'online' ? Math.max(device.lastSeen, at) : device.lastSeen
  if (link === device.link && status === device.status && lastSeen === device.lastSeen) return device
  const shown = device.status === 'offline' || status === 'offline' ? status : device.status
  return { ...device, status: shown, link, lastSeen, ...(status === 'offline' ? { goneAt: at } : {}) }
}

/** How a device stands at `now`: one that was connected and has been quiet for long is silent. */
export const linkAt = (device: Device, now: number): Link =>
  device.link === 'connected' && device.lastSeen > 0 && now - device.lastSeen > SILENT_AFTER_MS
    ? 'silent'
    : device.link

/** `now`: when the server told it. */
const merged = (known: Device | undefined, told: Device, now: number): Device => {
  if (known === undefined) return told
  const latest = known.latest !== null && told.latest !== null && !isNewer(known.latest, told.latest)
  const { goneAt = 0 } = known
  const isLive = known.lastSeen > told.lastSeen || goneAt > now
  return {
    ...told,
    latest: latest || told.latest === null ? known.latest : told.latest,
    lastSeen: Math.max(known.lastSeen, told.lastSeen),
    link: isLive ? known.link : told.link,
    goneAt,
  }
}

/**
 * After an overview. Devices it does not hold are gone, those excepted that were heard of while it was under way
 * (`heardSince`): the server knew them by the time it answered the next one.
 */
export const withOverview = (
  known: Devices,
  { devices, now }: OverviewAnswer,
  heardSince: ReadonlySet<string>,
): Devices => {
  const next = new Map<string, Device>()
  for (const told of devices) next.set(told.deviceId, merged(known.get(told.deviceId), told, now))
  for (const [id, device] of known) if (!next.has(id) && heardSince.has(id)) next.set(id, device)
  return next
}
