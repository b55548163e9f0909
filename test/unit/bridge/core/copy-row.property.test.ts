import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRowEncoder, decodeRow, rowIdentity, SENSOR_COLUMNS } from '../../../../bridge/core/copy-row.ts'
import { escapeText, unescapeText } from '../../../../bridge/core/copy-text.ts'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { anyReading, storableText } from './arbitraries.ts'

/** Without -0, which a row cannot tell from 0. */
const withoutMinusZero = (reading: Reading): Reading => {
  const plain = Object.entries(reading).map(([key, value]) => [
    key,
    typeof value === 'number' ? value + 0 : value,
  ])
  return { ...Object.fromEntries(plain), custom: JSON.parse(JSON.stringify(reading.custom)) }
}

test('a reading comes back from its row as it was', () => {
  const encoder = createRowEncoder()
  fc.assert(
    fc.property(anyReading, (reading) => {
      const decoded = decodeRow(encoder.reading(reading))
      expect({ ...decoded, custom: null }).toStrictEqual({ ...withoutMinusZero(reading), custom: null })
      expect(JSON.stringify(decoded.custom)).toBe(JSON.stringify(reading.custom))
    }),
    { numRuns: 500 },
  )
})

test('a row is one line of as many fields as there are columns', () => {
  const encoder = createRowEncoder()
  fc.assert(
    fc.property(anyReading, (reading) => {
      const line = encoder.reading(reading)
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(line).not.toContain('\r')
      expect(line.split('\t')).toHaveLength(SENSOR_COLUMNS.length)
    }),
  )
})

test('the identity of a row is that of its reading', () => {
  const encoder = createRowEncoder()
  fc.assert(
    fc.property(anyReading, (reading) => {
      const { deviceId, boot, seq } = reading
      const expected = boot === null || seq === null ? undefined : { deviceId, boot, seq }
      expect(rowIdentity(encoder.reading(reading))).toEqual(expected)
    }),
  )
})

test('escaped text is read back, and never holds what parts fields and rows', () => {
  fc.assert(
    fc.property(storableText, (text) => {
      const field = escapeText(text)
      expect(unescapeText(field)).toBe(text)
      expect(field).not.toMatch(/[\t\n\r]/)
    }),
    { numRuns: 500 },
  )
})
