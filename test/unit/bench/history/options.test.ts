import { expect, test } from '@jest/globals'
import { parseHistoryOptions } from '../../../bench/history/options.ts'

test('ten million rows of a hundred devices over thirty days, unless said otherwise', () => {
  expect(parseHistoryOptions([])).toMatchObject({ rows: 10_000_000, devices: 100, days: 30, keep: false })
  expect(parseHistoryOptions(['--rows', '5', '--keep', '--only', 'overview'])).toMatchObject({
    rows: 5,
    keep: true,
    scenarios: ['overview'],
  })
})

test('help is asked for, and what is no number or name is told', () => {
  expect(parseHistoryOptions(['--help'])).toBeUndefined()
  expect(() => parseHistoryOptions(['--rows', 'many'])).toThrow('--rows must be a whole number above 0')
  expect(() => parseHistoryOptions(['--only', 'x'])).toThrow('--only knows ranges, overview')
})
