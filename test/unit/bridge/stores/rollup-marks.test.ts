import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRowEncoder } from '../../../../bridge/core/copy-row.ts'
import { hoursOf, lateHours } from '../../../../bridge/stores/rollup-marks.ts'
import { readingOf } from '../../../contracts/sink-rows.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const LIVE = Date.UTC(2026, 0, 1, 0, 5)
const liveFrom = new Date(LIVE).toISOString()

const textOf = (...readings: readonly { readonly deviceId: string; readonly ts: number }[]): Uint8Array => {
  const encoder = createRowEncoder()
  const lines = readings.map(({ deviceId, ts }) =>
    encoder.reading(readingOf(deviceId, { ts, boot: 'b', seq: 1 })),
  )
  return Buffer.from(lines.join(''))
}

describe('the hours of late rows', () => {
  test('are those of rows before the minute, each once', () => {
    const chunks = [
      textOf(
        { deviceId: 'a', ts: LIVE },
        { deviceId: 'b', ts: LIVE - 1 },
        { deviceId: 'a', ts: LIVE + HOUR },
      ),
      textOf({ deviceId: 'b', ts: LIVE - MINUTE }, { deviceId: 'b', ts: LIVE - 5 * MINUTE - 1 }),
    ]
    expect(lateHours(chunks, liveFrom)).toEqual([
      { deviceId: 'b', hour: Date.UTC(2026, 0, 1) },
      { deviceId: 'b', hour: Date.UTC(2025, 11, 31, 23) },
    ])
  })

  test('are those of all rows when nothing is live', () => {
    expect(lateHours([textOf({ deviceId: 'a', ts: LIVE + HOUR })], null)).toEqual([
      { deviceId: 'a', hour: Date.UTC(2026, 0, 1, 1) },
    ])
  })

  test('are those of years that are not of four digits, which text would order wrongly', () => {
    const years = [Date.UTC(12_000, 0, 1, 1, 30), -70_000_000_000_000, -1]
    const late = lateHours([textOf(...years.map((ts) => ({ deviceId: 'a', ts })))], liveFrom)
    expect(late.map(({ hour }) => hour)).toEqual(years.map((ts) => Math.floor(ts / HOUR) * HOUR))
  })

  test('are none of an empty batch, and of text that is no row', () => {
    expect(lateHours([], null)).toEqual([])
    expect(
      lateHours([Buffer.from('a\tb\n'), Buffer.from('\n\n'), Buffer.from('a\t\\N\t1\tnever\n')], null),
    ).toEqual([])
  })

  test('are the same as those of the decoded readings, whatever the rows', () => {
    const reading = fc.record({
      deviceId: fc.oneof(
        fc.constantFrom('a', 'ä', 't\tab', 'b\\'),
        fc.string({ minLength: 1, unit: 'grapheme' }),
      ),
      ts: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    })
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 20 }), fc.nat(30_000_000), (readings, minute) => {
        const limit = minute * MINUTE
        const late = readings.filter(({ ts }) => ts < limit)
        const key = ({ deviceId, hour }: { deviceId: string; hour: number }) => `${hour} ${deviceId}`
        const found = lateHours([textOf(...readings)], new Date(limit).toISOString())
        expect(new Set(found.map(key))).toEqual(
          new Set(
            hoursOf(
              late.map(({ deviceId, ts }) => ({ deviceId: deviceId.replaceAll('\0', '\uFFFD'), ts })),
            ).map(key),
          ),
        )
      }),
    )
  })
})
