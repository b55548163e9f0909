/**
 * Whether a device can be reached, as far as it is known: what a person who looks at a list wants told apart. The
 * status shown to clients of the older backend (device.ts) knows two of these and calls both of the others offline.
 */
import { type Device, isSilent, SILENT_AFTER_MS } from './device.ts'

/**
 * - connected: a sign of life within two minutes, over MQTT or by a request.
 * - silent:    none for longer, and nothing that explains it: its connection is open, or it has none to lose.
 * - offline:   it is gone, by its own word, by its will, by the end of its connection, or for a day.
 */
export type DeviceLink = 'connected' | 'silent' | 'offline'

/** A device without a connection that is silent for this long is not coming back by itself. */
export const GONE_AFTER_MS = 86_400_000

/** Its connection ended, and nothing was heard of it since by any other way. */
const hasHungUp = ({ connection, connectionAt, lastSeen }: Device): boolean =>
  connection === 'disconnected' && lastSeen <= connectionAt

/** The link of a device at `now` (epoch ms). */
export const deviceLink = (device: Device, now: number): DeviceLink => {
  if (device.reportedStatus === 'offline' || hasHungUp(device)) return 'offline'
  if (!isSilent(device, now, SILENT_AFTER_MS)) return 'connected'
  return device.connection === 'connected' || !isSilent(device, now, GONE_AFTER_MS) ? 'silent' : 'offline'
}
