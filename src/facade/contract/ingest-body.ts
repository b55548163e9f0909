/**
 * What a decoded JSON body of the ingest route asks for. Here only the devices are told apart; whether the
 * values are any good is decided where every reading is decoded, whatever way it came.
 */
import { type DeviceId, PAYLOAD_LIMITS } from '../../../bridge/index.ts'
import { BAD_DEVICE_ID, readDeviceId } from './device-id.ts'

/** One reading as it was sent. */
export type SentReading = { readonly [field: string]: unknown }

export interface DeviceReadings {
  readonly deviceId: DeviceId
  readonly readings: readonly SentReading[]
}

export type IngestRequest =
  | { readonly kind: 'one'; readonly deviceId: DeviceId; readonly reading: SentReading }
  /** Devices in order of first mention; the readings of each in the order they were sent. */
  | { readonly kind: 'many'; readonly devices: readonly DeviceReadings[] }

export type SplitIngest =
  | { readonly ok: true; readonly request: IngestRequest }
  | { readonly ok: false; readonly error: string }

const MISSING = 'Missing required field: deviceId'

type Named =
  | { readonly ok: true; readonly deviceId: DeviceId }
  | { readonly ok: false; readonly error: string }

const isObject = (value: unknown): value is SentReading =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The device a reading names, or what is wrong with the name. The contract says `deviceId`, the shipped
 * sensor sketch `id`; `deviceId` wins. Numbers count as text.
 */
const nameOf = (sent: SentReading): Named => {
  const deviceId = readDeviceId(sent.deviceId ?? sent.id)
  if (deviceId === 'missing') return { ok: false, error: MISSING }
  return deviceId === 'bad' ? { ok: false, error: BAD_DEVICE_ID } : { ok: true, deviceId: deviceId.id }
}

const splitArray = (body: readonly unknown[]): SplitIngest => {
  if (body.length === 0) return { ok: false, error: MISSING }
  if (body.length > PAYLOAD_LIMITS.maxReadings) {
    return {
      ok: false,
      error: `${body.length} readings in one request; at most ${PAYLOAD_LIMITS.maxReadings}`,
    }
  }
  const devices = new Map<DeviceId, SentReading[]>()
  for (const [index, sent] of body.entries()) {
    if (!isObject(sent)) return { ok: false, error: `reading ${index}: not an object` }
    const named = nameOf(sent)
    if (!named.ok) return { ok: false, error: `reading ${index}: ${named.error}` }
    const known = devices.get(named.deviceId)
    if (known === undefined) devices.set(named.deviceId, [sent])
    else known.push(sent)
  }
  const grouped = Array.from(devices, ([deviceId, readings]) => ({ deviceId, readings }))
  return { ok: true, request: { kind: 'many', devices: grouped } }
}

/** Never throws; the error is the sentence the client is answered with a 400. */
export const splitIngestBody = (body: unknown): SplitIngest => {
  if (Array.isArray(body)) return splitArray(body)
  if (!isObject(body)) return { ok: false, error: MISSING }
  const named = nameOf(body)
  if (!named.ok) return named
  return { ok: true, request: { kind: 'one', deviceId: named.deviceId, reading: body } }
}
