import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { halve, type Span } from '../../../../bridge/core/halving.ts'

const span = fc.tuple(fc.nat(1e9), fc.integer({ min: 2, max: 5000 }))

test('the halves cover the span, follow each other and are never empty', () => {
  fc.assert(
    fc.property(span, ([from, rows]) => {
      const [first, second] = halve(from, from + rows)
      expect([first.from, first.to, second.to]).toEqual([from, second.from, from + rows])
      expect(first.to).toBeGreaterThan(first.from)
      expect(second.to).toBeGreaterThan(second.from)
    }),
  )
})

test('halving finds every bad row in order, stores the others in order, and ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.uniqueArray(fc.nat(299), { maxLength: 5 }),
      (rows, chosen) => {
        const bad = new Set(chosen.filter((row) => row < rows))
        const handled: number[] = []
        const found: number[] = []
        let attempts = 0
        const pending: Span[] = [{ from: 0, to: rows }]
        for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
          attempts++
          const { from, to } = next
          const offsets = Array.from({ length: to - from }, (_, i) => from + i)
          if (!offsets.some((row) => bad.has(row))) handled.push(...offsets)
          else if (to - from === 1) {
            found.push(from)
            handled.push(from)
          } else pending.push(...halve(from, to).toReversed())
        }
        expect(handled).toEqual(Array.from({ length: rows }, (_, i) => i))
        expect(found).toEqual([...bad].toSorted((x, y) => x - y))
        expect(attempts).toBeLessThanOrEqual(1 + 2 * bad.size * Math.ceil(Math.log2(rows)))
      },
    ),
  )
})

test.each([
  [5, 6],
  [5, 5],
  [6, 5],
])('the rows from %d to %d cannot be halved', (from, to) => {
  expect(() => halve(from, to)).toThrow(RangeError)
})
