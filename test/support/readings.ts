import type { DeviceId, Reading } from '../../bridge/core/reading.ts'

/** An id taken as checked. */
export const deviceId = (text: string): DeviceId => text as DeviceId

/** A reading of `device` received at `receivedAt`, measured then too, with these fields. */
export const readingOf = (device: string, receivedAt: number, fields: Partial<Reading> = {}): Reading => ({
  deviceId: deviceId(device),
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
  ...fields,
})
