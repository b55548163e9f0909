import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { visibleWindow } from '../../../../../src/dashboard/list/visible-window.ts'

describe('the rows that are drawn', () => {
  test('are those in view and a few beyond', () => {
    const { first, end } = visibleWindow(1_000, 46, { offset: 4_600, height: 920 })
    expect(first).toBeLessThanOrEqual(92)
    expect(first).toBeGreaterThan(80)
    expect(end).toBeGreaterThanOrEqual(128)
    expect(end).toBeLessThan(140)
  })

  test('stay the same while a scroll is shorter than a few rows', () => {
    const at = (offset: number) => visibleWindow(1_000, 46, { offset, height: 900 })
    expect(at(4_650)).toEqual(at(4_700))
  })

  test('hold every row in view, are within the list, and are few, wherever the list is', () => {
    const scrolls = fc.record({
      count: fc.integer({ min: 0, max: 20_000 }),
      rowHeight: fc.integer({ min: 20, max: 200 }),
      offset: fc.integer({ min: -5_000, max: 3_000_000 }),
      height: fc.integer({ min: 100, max: 4_000 }),
    })
    fc.assert(
      fc.property(scrolls, ({ count, rowHeight, offset, height }) => {
        const { first, end } = visibleWindow(count, rowHeight, { offset, height })
        expect(first).toBeGreaterThanOrEqual(0)
        expect(end).toBeLessThanOrEqual(count)
        expect(first).toBeLessThanOrEqual(end)
        const seen = [
          Math.max(0, Math.floor(offset / rowHeight)),
          Math.ceil((offset + height) / rowHeight),
        ] as const
        if (seen[0] < count && seen[1] > 0) {
          expect(first).toBeLessThanOrEqual(seen[0])
          expect(end).toBeGreaterThanOrEqual(Math.min(count, seen[1]))
        }
        expect(end - first).toBeLessThan(height / rowHeight + 30)
      }),
    )
  })
})
