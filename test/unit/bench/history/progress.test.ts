import { expect, test } from '@jest/globals'
import { progressLine } from '../../../bench/history/progress.ts'

test.each([
  [0, 60, '[------------------------] 0 % · 0 of 10,000 rows'],
  [2_500, 30, '[######------------------] 25 % · 2,500 of 10,000 rows · 1:30 left'],
  [10_000, 30, '[########################] 100 % · 10,000 of 10,000 rows · 0:00 left'],
])('%d rows after %d s are shown as %j', (done, seconds, expected) => {
  expect(progressLine('rows', { done, of: 10_000, seconds })).toBe(expected)
})
