import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { inward, outward, spansOf, within, without } from '../../../../bridge/core/spans.ts'

const span = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
  .map(([from, length]) => ({
    from,
    to: from + length,
  }))
const spans = fc.array(span, { maxLength: 8 })

/** The whole numbers in them. */
const points = (list: readonly { from: number; to: number }[]): readonly number[] =>
  list.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index))
const ascending = (numbers: Iterable<number>): readonly number[] =>
  [...new Set(numbers)].sort((a, b) => a - b)

test('spans are the set of what each of them holds, apart from each other', () => {
  fc.assert(
    fc.property(spans, (list) => {
      const set = spansOf(list)
      expect(points(set)).toEqual(ascending(points(list)))
      for (const [index, { from }] of set.entries())
        if (index > 0) expect(from).toBeGreaterThan(set[index - 1]?.to ?? from)
    }),
  )
})

test('what is taken away, cut off or rounded is what counting gives', () => {
  fc.assert(
    fc.property(spans, spans, span, fc.integer({ min: 1, max: 7 }), (a, b, bounds, unit) => {
      const [set, holes] = [spansOf(a), spansOf(b)]
      const gone = new Set(points(holes))
      expect(points(without(set, holes))).toEqual(points(set).filter((point) => !gone.has(point)))
      expect(points(within(set, bounds))).toEqual(
        points(set).filter((p) => p >= bounds.from && p < bounds.to),
      )
      const inside = new Set(points(set))
      for (const point of points(inward(set, unit))) expect(inside.has(point)).toBe(true)
      const out = new Set(points(outward(set, unit)))
      for (const point of inside) expect(out.has(point)).toBe(true)
      for (const { from, to } of [...inward(set, unit), ...outward(set, unit)])
        expect([from % unit, to % unit]).toEqual([0, 0])
    }),
  )
})
