import { describe, expect, test } from '@jest/globals'
import { latestValues } from '../../../../../src/dashboard/format/latest-values.ts'
import { compareMetrics, metricWords } from '../../../../../src/dashboard/format/metrics.ts'
import { createNumberFormat } from '../../../../../src/dashboard/format/numbers.ts'
import { createMomentFormat, formatAgo, formatSpan } from '../../../../../src/dashboard/format/times.ts'
import { latest } from '../devices.ts'

const numbers = createNumberFormat('en')

describe('numbers', () => {
  test.each([
    [0, '0'],
    [21.456, '21.46'],
    [-0.0456, '-0.046'],
    [1013.27, '1,013'],
    [151.29, '151.3'],
    [0.00001234, '1.23E-5'],
    [2e12, '2E12'],
    [Number.NaN, '–'],
  ])('the value %d is %s', (value, text) => {
    expect(numbers.value(value)).toBe(text)
  })

  test.each([
    [21, 1, '21.0'],
    [1013.27, 1, '1,013.3'],
    [415.6, 0, '416'],
    [1e300, 1, '1E300'],
  ])('%d with %d digits is %s', (value, decimals, text) => {
    expect(numbers.fixed(value, decimals)).toBe(text)
  })

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [1_540_000, '1.5 MB'],
    [99_960_000, '100 MB'],
    [999_999, '1 MB'],
    [10_737_418_240, '10.7 GB'],
    [-5, '0 B'],
  ])('%d bytes are %s', (value, text) => {
    expect(numbers.bytes(value).replace('\u00a0', ' ')).toBe(text)
  })

  test.each([
    [0, '0'],
    [5.96, '6'],
    [5.83, '5.8'],
    [12_345.6, '12,346'],
  ])('%d a second is %s', (value, text) => {
    expect(numbers.rate(value)).toBe(text)
  })
})

describe('spans', () => {
  test.each([
    [850, '850 ms'],
    [12_400, '12 s'],
    [119_000, '119 s'],
    [180_000, '3 min'],
    [7_500_000, '2 h 5 min'],
    [7_200_000, '2 h'],
    [356_400_000, '4 d 3 h'],
    [-5, '0 ms'],
  ])('%d ms are %s', (ms, text) => {
    expect(formatSpan(ms)).toBe(text)
  })

  test.each([
    [-3_000, 'now'],
    [900, 'now'],
    [12_900, '12 s ago'],
    [61_000, '1 min ago'],
    [7_500_000, '2 h ago'],
    [200_000_000, '2 d ago'],
  ])('%d ms before now is %s', (ms, text) => {
    expect(formatAgo(ms)).toBe(text)
  })

  test('moments are those of the zone', () => {
    const moments = createMomentFormat('en-GB', 'Europe/Berlin')
    expect(moments.time(Date.UTC(2026, 10, 23, 19, 3, 7))).toBe('20:03:07')
    expect(moments.day(Date.UTC(2026, 10, 23, 23, 30))).toBe('24 Nov 2026')
  })
})

describe('metrics', () => {
  test('known ones have words and a unit, others are called what their board calls them', () => {
    expect(metricWords('co2Level')).toMatchObject({ label: 'CO₂', unit: 'ppm' })
    expect(metricWords('battery')).toEqual({ label: 'battery', unit: '' })
    expect(metricWords('constructor')).toEqual({ label: 'constructor', unit: '' })
  })

  test('known ones come first, in one order, others by name', () => {
    const mixed = ['volts', 'pressure', 'amps', 'temperature']
    expect(mixed.sort(compareMetrics)).toEqual(['temperature', 'pressure', 'amps', 'volts'])
  })

  test('of what a board sent besides, the numbers are shown', () => {
    const told = latest(1, { humidity: 40, temperature: 20 }, { volts: 3.3, door: 'open', nested: { a: 1 } })
    expect(latestValues(told)).toEqual([
      ['temperature', 20],
      ['humidity', 40],
      ['volts', 3.3],
    ])
    expect(latestValues(null)).toEqual([])
  })
})
