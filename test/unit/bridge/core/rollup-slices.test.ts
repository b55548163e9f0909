import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  HOUR_MS,
  hourOf,
  monthAround,
  nextSize,
  sliceAfter,
  sliceBefore,
} from '../../../../bridge/core/rollup-slices.ts'

const time = fc.integer({ min: 0, max: 4e12 })
const lengths = fc.oneof(
  fc.nat(30),
  fc.nat(40).map((days) => days * 24),
)
const hours = fc.integer({ min: 12, max: 48 }).map((n) => n * HOUR_MS)

describe('slices', () => {
  test('forward cover a stretch without gap or overlap, each in one month', () => {
    fc.assert(
      fc.property(time, lengths, hours, (start, length, longest) => {
        const [first, end] = [Math.floor(start / 60_000) * 60_000, start + length * HOUR_MS]
        let at = first
        for (let slice = sliceAfter(at, end, longest); slice; slice = sliceAfter(at, end, longest)) {
          expect(slice.from).toBe(at)
          expect(slice.to).toBeGreaterThan(at)
          expect(slice.to - slice.from).toBeLessThanOrEqual(longest)
          expect(monthAround(slice.from)).toEqual(monthAround(slice.to - 1))
          at = slice.to
        }
        expect(at).toBe(Math.max(first, end))
      }),
    )
  })

  test('backward are whole hours in one month, and reach the oldest', () => {
    fc.assert(
      fc.property(time, lengths, hours, (end, length, longest) => {
        const oldest = hourOf(end) - length * HOUR_MS + 1
        let at = hourOf(end)
        for (let slice = sliceBefore(at, oldest, longest); slice; slice = sliceBefore(at, oldest, longest)) {
          expect(slice.to).toBe(at)
          expect(slice.from).toBe(hourOf(slice.from))
          expect(slice.to - slice.from).toBeLessThanOrEqual(longest)
          expect(monthAround(slice.from)).toEqual(monthAround(slice.to - 1))
          expect(slice.from).toBeLessThan(at)
          at = slice.from
        }
        expect(at).toBeLessThanOrEqual(oldest)
      }),
    )
  })

  test('a month runs from its first day to the next one, also over the year', () => {
    expect(monthAround(Date.UTC(2026, 11, 31, 23, 59))).toEqual({
      from: Date.UTC(2026, 11, 1),
      to: Date.UTC(2027, 0, 1),
    })
  })
})

describe('the size of the next piece', () => {
  const limits = { least: 1, most: 1_000, targetMs: 100 }

  test('doubles at most, and shrinks to a quarter at most', () => {
    expect(nextSize(20, 1, limits)).toBe(40)
    expect(nextSize(20, 10_000, limits)).toBe(5)
    expect(nextSize(20, 200, limits)).toBe(10)
  })

  test('stays within its limits', () => {
    expect(nextSize(1, 60_000, limits)).toBe(1)
    expect(nextSize(900, 0, limits)).toBe(1_000)
  })
})
