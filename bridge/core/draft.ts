import type { JsonObject } from './custom.ts'
import type { DeviceId, Reading } from './reading.ts'
import type { Rejection } from './rejection.ts'

/** A reading while it is filled; only its decoder holds it. */
export type Draft = { -readonly [name in keyof Omit<Reading, 'custom'>]: Reading[name] } & {
  custom: JsonObject | null
}

/** A reading without metrics, measured when it was received. All keys at once: every reading has one shape. */
export const newDraft = (deviceId: DeviceId, receivedAt: number): Draft => ({
  deviceId,
  ts: receivedAt,
  receivedAt,
  tsSource: 'server',
  uptimeMs: null,
  boot: null,
  seq: null,
  temperature: null,
  humidity: null,
  distance: null,
  lightLevel: null,
  pressure: null,
  altitude: null,
  co2Level: null,
  custom: null,
})

/** A name or value from a message, short enough for a sentence. */
export const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)

const shown = (value: unknown): string => {
  if (typeof value === 'string') return `the text "${cut(value)}"`
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : String(value)
}

/** The rejection of a field that breaks its rule, for the board's developer to read. */
export const badValue = (field: string, rule: string, value: unknown): Rejection => ({
  reason: 'bad-value',
  detail: `${cut(field)} must be ${rule}, not ${shown(value)}`,
})
