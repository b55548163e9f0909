import { describe, expect, test } from '@jest/globals'
import { isFull, memoryOf } from '../../../../bridge/core/bound.ts'

const bounds = { maxSpoolBytes: 1000, maxMemoryBytes: 100 }

describe('being full', () => {
  test.each([
    [999, 99, false, false],
    [1000, 0, false, true],
    [0, 100, false, true],
    [999, 0, true, true],
    [950, 0, true, true],
    [949, 95, true, true],
    [949, 94, true, false],
  ])(
    'with %d bytes on disk and %d in memory, full before: %p → full: %p',
    (spoolBytes, memoryBytes, was, expected) => {
      expect(isFull({ spoolBytes, memoryBytes }, bounds, was)).toBe(expected)
    },
  )
})

test('a row in memory counts with more than its text: small rows by the thousand are what fills memory', () => {
  expect(memoryOf({ pendingBytes: 0, pendingRows: 0 })).toBe(0)
  expect(memoryOf({ pendingBytes: 119_000, pendingRows: 1_000 })).toBeGreaterThan(1_000_000)
  expect(memoryOf({ pendingBytes: 2_000_000, pendingRows: 1 })).toBeLessThan(2_010_000)
})
