/**
 * What a device says of itself, as JSON: the bodies of `devices/{id}/register`, `/heartbeat` and `/status`, the
 * same ones the REST contract has. Both spellings of the register fields are taken, the long one wins.
 */
import type { ReportedStatus } from './device.ts'
import type { DeviceId } from './reading.ts'
import type { Rejection } from './rejection.ts'
import { wellFormed } from './well-formed.ts'

export interface RegisterBody {
  readonly deviceId: DeviceId
  readonly name: string
  readonly type: string
  readonly ipAddress: string | undefined
  /** Where the registration came from; taken for the address of a device that never said its own. */
  readonly peerAddress?: string | undefined
  readonly capabilities: readonly string[] | undefined
}

export interface HeartbeatBody {
  readonly deviceId: DeviceId
  readonly status: ReportedStatus | undefined
  readonly uptimeMs: number | undefined
  readonly freeHeap: number | undefined
  readonly wifiRssi: number | undefined
}

export type DecodedBody<T> =
  | { readonly ok: true; readonly body: T }
  | { readonly ok: false; readonly rejection: Rejection }

const STATUSES: readonly ReportedStatus[] = ['online', 'offline', 'warning', 'error', 'maintenance']
const MAX_CAPABILITIES = 64
const MAX_CAPABILITY_LENGTH = 100

type Fields = { readonly [key: string]: unknown }

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

class Refused {
  readonly rejection: Rejection
  constructor(reason: Rejection['reason'], detail: string) {
    this.rejection = { reason, detail }
  }
}

/** Runs a decoder whose fields may refuse; only a refusal is caught. */
const decode = <T>(value: unknown, deviceId: DeviceId, read: (fields: Fields) => T): DecodedBody<T> => {
  if (!isFields(value)) return { ok: false, rejection: { reason: 'bad-shape', detail: 'not a JSON object' } }
  const named = value.deviceId ?? value.id
  if (named !== undefined && named !== null && String(named) !== deviceId) {
    return {
      ok: false,
      rejection: { reason: 'wrong-device-id', detail: 'the body names another device than the topic' },
    }
  }
  try {
    return { ok: true, body: read(value) }
  } catch (refused) {
    if (refused instanceof Refused) return { ok: false, rejection: refused.rejection }
    throw refused
  }
}

const text = (field: string, value: unknown, maxLength: number): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Refused('bad-value', `${field}: not text`)
  const clean = wellFormed(String(value))
  if (clean.length > maxLength) throw new Refused('bad-value', `${field}: over ${maxLength} characters`)
  return clean
}

const required = (field: string, value: unknown, maxLength: number): string => {
  const found = text(field, value, maxLength)
  if (found === undefined) throw new Refused('bad-value', `${field}: missing`)
  return found
}

const whole = (field: string, value: unknown, min: number, max: number): number | undefined => {
  if (value === undefined || value === null || value === '') return undefined
  const number =
    typeof value === 'number' || typeof value === 'string' ? Math.round(Number(value)) : Number.NaN
  if (!(number >= min && number <= max))
    throw new Refused('bad-value', `${field}: not a number from ${min} to ${max}`)
  return number
}

const capabilities = (value: unknown): readonly string[] | undefined => {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length > MAX_CAPABILITIES) {
    throw new Refused('bad-value', `capabilities: not an array of at most ${MAX_CAPABILITIES} texts`)
  }
  return value.map((one: unknown) => required('capabilities', one, MAX_CAPABILITY_LENGTH))
}

const status = (value: unknown): ReportedStatus | undefined => {
  if (value === undefined || value === null) return undefined
  const known = STATUSES.find((one) => one === value)
  if (known === undefined) throw new Refused('bad-value', `status: not one of ${STATUSES.join(', ')}`)
  return known
}

/** A registration: name and type are required. */
export const decodeRegister = (value: unknown, deviceId: DeviceId): DecodedBody<RegisterBody> =>
  decode(value, deviceId, (fields) => ({
    deviceId,
    name: required('deviceName', fields.deviceName ?? fields.name, 255),
    type: required('deviceType', fields.deviceType ?? fields.type, 100),
    ipAddress: text('ipAddress', fields.ipAddress, 45),
    capabilities: capabilities(fields.capabilities),
  }))

/** A heartbeat: whatever is absent stays as it is known. */
export const decodeHeartbeat = (value: unknown, deviceId: DeviceId): DecodedBody<HeartbeatBody> =>
  decode(value, deviceId, (fields) => ({
    deviceId,
    status: status(fields.status),
    uptimeMs: whole('uptime', fields.uptime, 0, Number.MAX_SAFE_INTEGER),
    freeHeap: whole('freeHeap', fields.freeHeap, 0, 2 ** 31 - 1),
    wifiRssi: whole('wifiRssi', fields.wifiRssi, -1000, 1000),
  }))
