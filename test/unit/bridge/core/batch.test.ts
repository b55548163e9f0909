import { expect, test } from '@jest/globals'
import { shouldCopy } from '../../../../bridge/core/batch.ts'

const limits = { maxRows: 100, maxBytes: 10_000, maxAgeMs: 200 }

test.each([
  ['nothing waits', { rows: 0, bytes: 0, oldestAgeMs: 0 }, false],
  ['nothing waits, however long', { rows: 0, bytes: 0, oldestAgeMs: 10_000 }, false],
  ['little waits, not long yet', { rows: 99, bytes: 9_999, oldestAgeMs: 199 }, false],
  ['enough rows', { rows: 100, bytes: 1, oldestAgeMs: 0 }, true],
  ['enough bytes', { rows: 1, bytes: 10_000, oldestAgeMs: 0 }, true],
  ['long enough', { rows: 1, bytes: 1, oldestAgeMs: 200 }, true],
])('%s', (_, waiting, expected) => {
  expect(shouldCopy(waiting, limits)).toBe(expected)
})
