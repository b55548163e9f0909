import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { monthOf, monthsAhead, parsePartitionName } from '../../../../bridge/core/partition.ts'

test('a month is named and runs from its first day to the next one', () => {
  expect(monthOf(Date.parse('2026-11-23T03:37:12Z'))).toEqual({
    name: 'sensor_data_2026_11',
    from: '2026-11-01',
    to: '2026-12-01',
  })
})

test.each([
  ['2026-11-01T00:00:00.000Z', 'sensor_data_2026_11'],
  ['2026-10-31T23:59:59.999Z', 'sensor_data_2026_10'],
  ['2024-02-29T12:00:00.000Z', 'sensor_data_2024_02'],
])('%s lies in %s, by UTC', (time, name) => {
  expect(monthOf(Date.parse(time)).name).toBe(name)
})

test('the months ahead begin with the current one and go over the year', () => {
  expect(monthsAhead(Date.parse('2026-11-30T23:00:00Z'), 2)).toEqual([
    { name: 'sensor_data_2026_11', from: '2026-11-01', to: '2026-12-01' },
    { name: 'sensor_data_2026_12', from: '2026-12-01', to: '2027-01-01' },
    { name: 'sensor_data_2027_01', from: '2027-01-01', to: '2027-02-01' },
  ])
  expect(monthsAhead(Date.parse('2027-01-31T00:00:00Z'), 1)[1]?.name).toBe('sensor_data_2027_02')
})

test('a time lies in its month, and the month is told by its name', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1e12, max: 8e12 }), (time) => {
      const month = monthOf(time)
      expect(Date.parse(month.from)).toBeLessThanOrEqual(time)
      expect(Date.parse(month.to)).toBeGreaterThan(time)
      expect(parsePartitionName(month.name)).toEqual(month)
    }),
  )
})

test.each([
  'sensor_data',
  'sensor_data_2026',
  'sensor_data_2026_13',
  'sensor_data_2026_00',
  'sensor_data_2026_11_old',
  'other_2026_11',
])('%s is no partition', (name) => {
  expect(parsePartitionName(name)).toBeUndefined()
})
