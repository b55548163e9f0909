import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  parsePartitionName,
  partitionOf,
  partitionsAhead,
  TABLES,
} from '../../../../bridge/core/partition.ts'

test('a month is named and runs from its first day to the next one', () => {
  expect(partitionOf('sensor_data', Date.parse('2026-11-23T03:37:12Z'))).toEqual({
    name: 'sensor_data_2026_11',
    from: '2026-11-01',
    to: '2026-12-01',
  })
})

test('minutes are parted by month and hours by year', () => {
  const time = Date.parse('2026-12-31T23:59:59.999Z')
  expect(partitionOf('readings_minute', time)).toEqual({
    name: 'readings_minute_2026_12',
    from: '2026-12-01',
    to: '2027-01-01',
  })
  expect(partitionOf('readings_hour', time)).toEqual({
    name: 'readings_hour_2026',
    from: '2026-01-01',
    to: '2027-01-01',
  })
})

test.each([
  ['2026-11-01T00:00:00.000Z', 'sensor_data_2026_11'],
  ['2026-10-31T23:59:59.999Z', 'sensor_data_2026_10'],
  ['2024-02-29T12:00:00.000Z', 'sensor_data_2024_02'],
])('%s lies in %s, by UTC', (time, name) => {
  expect(partitionOf('sensor_data', Date.parse(time)).name).toBe(name)
})

test('the months ahead begin with the current one and go over the year', () => {
  expect(partitionsAhead('sensor_data', Date.parse('2026-11-30T23:00:00Z'), 2)).toEqual([
    { name: 'sensor_data_2026_11', from: '2026-11-01', to: '2026-12-01' },
    { name: 'sensor_data_2026_12', from: '2026-12-01', to: '2027-01-01' },
    { name: 'sensor_data_2027_01', from: '2027-01-01', to: '2027-02-01' },
  ])
  expect(partitionsAhead('sensor_data', Date.parse('2027-01-31T00:00:00Z'), 1)[1]?.name).toBe(
    'sensor_data_2027_02',
  )
})

test('a year of the months ahead is there once', () => {
  const ahead = partitionsAhead('readings_hour', Date.parse('2026-11-30T23:00:00Z'), 2)
  expect(ahead.map(({ name }) => name)).toEqual(['readings_hour_2026', 'readings_hour_2027'])
})

test('a time lies in its partition, which is told by its name', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TABLES), fc.integer({ min: 0, max: 8e12 }), (table, time) => {
      const partition = partitionOf(table, time)
      expect(Date.parse(partition.from)).toBeLessThanOrEqual(time)
      expect(Date.parse(partition.to)).toBeGreaterThan(time)
      expect(parsePartitionName(table, partition.name)).toEqual(partition)
    }),
  )
})

test.each([
  'sensor_data',
  'sensor_data_2026',
  'sensor_data_2026_13',
  'sensor_data_2026_00',
  'sensor_data_2026_11_old',
  'sensor_data_2026_11_late',
  'readings_minute_2026_11',
  'other_2026_11',
])('%s is no partition of the readings', (name) => {
  expect(parsePartitionName('sensor_data', name)).toBeUndefined()
})
