import { expect, test } from '@jest/globals'
import { dropAt, effectiveRetention } from '../../../../bridge/core/retention.ts'

const days = (sensor_data: number, readings_minute: number, readings_hour: number) => ({
  sensor_data,
  readings_minute,
  readings_hour,
})

test.each([
  [days(90, 730, 0), days(90, 730, 0)],
  [days(90, 30, 10), days(90, 90, 90)],
  [days(90, 100, 95), days(90, 100, 100)],
  [days(0, 730, 10), days(0, 0, 0)],
  [days(90, 0, 10), days(90, 0, 0)],
])('what is made of something is kept at least as long: %j is %j', (set, effective) => {
  expect(effectiveRetention(set)).toEqual(effective)
})

test('a partition may go once all of it is over its time, and never where 0 is set', () => {
  expect(dropAt({ to: '2026-02-01' }, 90)).toBe(Date.UTC(2026, 1, 1) + 90 * 86_400_000)
  expect(dropAt({ to: '2026-02-01' }, 0)).toBeNull()
})
