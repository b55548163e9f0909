import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeReadings, decodeText } from '../../../../bridge/core/payload.ts'
import { METRICS, type Reading } from '../../../../bridge/core/reading.ts'
import { REJECTION_REASONS } from '../../../../bridge/core/rejection.ts'
import { id, T0 } from './samples.ts'

const context = { deviceId: id('esp32-1'), receivedAt: T0 }

const key = fc.constantFrom(
  ...METRICS,
  'ts',
  'timestamp',
  'up',
  'boot',
  'seq',
  'id',
  'deviceId',
  'customData',
  'x',
)
const value = fc.oneof(fc.jsonValue({ noUnicodeString: false }), fc.double(), fc.integer().map(String))
const fields = fc.dictionary(fc.oneof(key, fc.string()), value, { maxKeys: 8 })

const isSound = (reading: Reading): boolean =>
  reading.deviceId === context.deviceId &&
  reading.receivedAt === T0 &&
  Number.isInteger(reading.ts) &&
  reading.ts >= 1e12 &&
  reading.ts <= T0 + 86_400_000 &&
  (reading.uptimeMs === null || (Number.isSafeInteger(reading.uptimeMs) && reading.uptimeMs >= 0)) &&
  (reading.seq === null || (Number.isSafeInteger(reading.seq) && reading.seq >= 0)) &&
  (reading.lightLevel === null || reading.lightLevel === (reading.lightLevel | 0)) &&
  METRICS.every((metric) => reading[metric] === null || Number.isFinite(reading[metric])) &&
  !/\\u0000|\\ud[89a-f]/.test(JSON.stringify(reading.custom))

const isSoundOrRefused = (decoded: ReturnType<typeof decodeText>): boolean =>
  decoded.ok
    ? decoded.readings.length > 0 && decoded.readings.every(isSound)
    : REJECTION_REASONS.includes(decoded.rejection.reason) && decoded.rejection.detail !== ''

test('no JSON makes decoding throw, and what it accepts keeps the rules of a reading', () => {
  fc.assert(
    fc.property(fc.oneof(fields, fc.array(fields, { maxLength: 4 }), fc.jsonValue()), (body) => {
      expect(isSoundOrRefused(decodeReadings(body, context))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('no text makes decoding throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.json(),
        fc.json().map((json) => json.slice(1)),
      ),
      (text) => {
        expect(isSoundOrRefused(decodeText(text, context))).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})

test('every finite metric comes out as it went in', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(finite, finite, (temperature, pressure) => {
      const decoded = decodeText(JSON.stringify({ temperature, pressure: String(pressure) }), context)
      expect(decoded).toMatchObject({
        ok: true,
        readings: [{ temperature: temperature + 0, pressure: pressure + 0 }],
      })
    }),
  )
})
