import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bucketStart, bucketWidth, DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../bridge/core/bucket-width.ts'

const range = (lengthMs: number) => ({ from: 1_000, to: 1_000 + lengthMs })

describe('the width of buckets', () => {
  test.each([
    [10_000, 500, 1_000],
    [HOUR_MS, 500, 10_000],
    [HOUR_MS, 60, MINUTE_MS],
    [DAY_MS, 500, 3 * MINUTE_MS],
    [7 * DAY_MS, 500, 20 * MINUTE_MS],
    [30 * DAY_MS, 500, 2 * HOUR_MS],
    [365 * DAY_MS, 500, DAY_MS],
    [3650 * DAY_MS, 10, 330 * DAY_MS],
  ])('of %d ms in %d points is %d ms', (lengthMs, points, expected) => {
    expect(bucketWidth(range(lengthMs), points)).toBe(expected)
  })

  test('is never less than what there is to read', () => {
    expect(bucketWidth(range(MINUTE_MS), 500, HOUR_MS)).toBe(HOUR_MS)
  })

  test('gives at most a fifth more than asked for, and is a whole number of minutes, hours or days once it is one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 * 365 * DAY_MS }),
        fc.integer({ min: 1, max: 5_000 }),
        (ms, points) => {
          const width = bucketWidth(range(ms), points)
          expect(ms / width).toBeLessThanOrEqual(points * 1.2)
          for (const unit of [1_000, MINUTE_MS, HOUR_MS, DAY_MS])
            if (width >= unit) expect(width % unit).toBe(0)
        },
      ),
    )
  })
})

test('a bucket starts at or before every time in it, aligned to the epoch', () => {
  expect(bucketStart(Date.UTC(2026, 10, 23, 3, 37, 12), 20 * MINUTE_MS)).toBe(Date.UTC(2026, 10, 23, 3, 20))
  expect(bucketStart(-1, HOUR_MS)).toBe(-HOUR_MS)
})
