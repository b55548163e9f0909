import { createRowEncoder, type DeadLetter } from '../../bridge/core/copy-row.ts'
import type { DeviceId, Reading } from '../../bridge/core/reading.ts'
import type { BootClaim } from '../../bridge/core/unverified.ts'
import type { Batch } from '../../bridge/ports.ts'

export const T = Date.UTC(2026, 10, 23, 3, 37, 12, 345)

export const id = (text: string): DeviceId => text as DeviceId

export const readingOf = (deviceId: string, fields: Partial<Reading> = {}): Reading => ({
  deviceId: id(deviceId),
  ts: T,
  receivedAt: fields.ts ?? T,
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

/** Beyond the int4 of its column; the core never lets such a value through. */
export const poisonOf = (deviceId: string, fields: Partial<Reading> = {}): Reading =>
  readingOf(deviceId, { ...fields, lightLevel: 3_000_000_000 })

export const deadLetterOf = (detail: string): DeadLetter => ({
  receivedAt: T,
  topic: 'sensors/a/data',
  clientId: null,
  deviceId: id('a'),
  reason: 'bad-json',
  detail,
  payload: new Uint8Array([0, 1, 92, 255]),
})

export interface Rows {
  readonly readings?: readonly Reading[]
  readonly deadLetters?: readonly DeadLetter[]
  readonly boots?: readonly BootClaim[]
}

/** One chunk a row, so that joining them is tested as well. */
export const batchOf = (spoolId: string, from: number, to: number, rows: Rows = {}): Batch => {
  const encoder = createRowEncoder()
  const held = (rows.readings?.length ?? 0) + (rows.deadLetters?.length ?? 0)
  return {
    spoolId,
    from,
    to,
    fromRow: from,
    toRow: to,
    lost: to - from - held,
    boots: rows.boots ?? [],
    readings: (rows.readings ?? []).map((reading) => Buffer.from(encoder.reading(reading))),
    deadLetters: (rows.deadLetters ?? []).map((letter) => Buffer.from(encoder.deadLetter(letter))),
  }
}
