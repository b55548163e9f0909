/** What a camera says of itself in the headers of a picture. Everything is optional; what cannot be read is absent. */
import type { IncomingHttpHeaders } from 'node:http'
import { type DeviceFacts, type DeviceId, parseDeviceId } from '../../../bridge/index.ts'

export interface FrameHeaders {
  /** Undefined: the id that was sent is none. */
  readonly deviceId: DeviceId | undefined
  /** False: no id was sent, the picture is filed under `unknown_device`. */
  readonly isNamed: boolean
  readonly facts: DeviceFacts
  /** `Device-Capabilities` was sent and is no JSON array of texts. */
  readonly hasBadCapabilities: boolean
}

export const UNKNOWN_DEVICE = 'unknown_device'
export const BAD_FRAME_DEVICE_ID =
  'Device-ID must be 1 to 100 characters, without control characters, quotes or any of / + #, and not start with $'

type Status = NonNullable<DeviceFacts['status']>
/** Not `offline`: a board that sends a picture is not. */
const STATUSES: readonly Status[] = ['online', 'warning', 'error', 'maintenance']
const MAX_HEAP = 2 ** 31 - 1
const MAX_RSSI = 1_000

/** Node hands bytes over as Latin-1; boards send UTF-8. */
const text = (value: string | readonly string[] | undefined): string | undefined => {
  const sent = typeof value === 'object' ? value[0] : value
  if (sent === undefined || sent === '') return undefined
  const utf8 = Buffer.from(sent, 'latin1').toString()
  return utf8.includes('\uFFFD') ? sent : utf8
}

const whole = (
  value: string | readonly string[] | undefined,
  min: number,
  max: number,
): number | undefined => {
  const number = Number.parseInt(text(value) ?? '', 10)
  return number >= min && number <= max ? number : undefined
}

const capabilities = (value: string | undefined): readonly string[] | 'bad' | undefined => {
  if (value === undefined) return undefined
  try {
    const given: unknown = JSON.parse(value)
    return Array.isArray(given) && given.every((one) => typeof one === 'string') ? given : 'bad'
  } catch {
    return 'bad'
  }
}

/** An id that is a quote away from being JSON was how events of the older backend were forged: refused here. */
const readId = (sent: string): DeviceId | undefined => (sent.includes('"') ? undefined : parseDeviceId(sent))

/** Reads the headers of a picture. */
export const readFrameHeaders = (headers: IncomingHttpHeaders): FrameHeaders => {
  const sentId = text(headers['device-id']) ?? text(headers['x-device-id'])
  const status = text(headers['device-status'])?.toLowerCase()
  const able = capabilities(text(headers['device-capabilities']))
  return {
    deviceId: readId(sentId ?? UNKNOWN_DEVICE),
    isNamed: sentId !== undefined,
    hasBadCapabilities: able === 'bad',
    facts: {
      name: text(headers['device-name']),
      type: text(headers['device-type']),
      ipAddress: text(headers['device-ip']),
      capabilities: able === 'bad' ? undefined : able,
      status: STATUSES.find((known) => known === status) ?? 'online',
      uptimeMs: whole(headers['device-uptime'], 0, Number.MAX_SAFE_INTEGER),
      freeHeap: whole(headers['device-freeheap'], 0, MAX_HEAP),
      wifiRssi: whole(headers['device-wifirssi'], -MAX_RSSI, MAX_RSSI),
    },
  }
}
