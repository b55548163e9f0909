import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addSequence, forgetLowest, type SequenceRanges } from '../../../../bridge/core/sequence-ranges.ts'
import { lossRatio, MAX_GAPS, sequenceState } from '../../../../bridge/core/sequence-state.ts'

const rangesOf = (numbers: Iterable<number>): SequenceRanges => {
  const ranges: SequenceRanges = []
  for (const number of numbers) addSequence(ranges, number)
  return ranges
}

describe('the state of a boot', () => {
  test('is unknown without a number', () => {
    expect(sequenceState('b', [])).toBeUndefined()
  })

  test.each([
    ['counted from 1', [1, 3], { contiguous: 3, highest: 3, missing: 0, gaps: [] }],
    ['counted from 0', [0, 3], { contiguous: 3, highest: 3, missing: 0, gaps: [] }],
    ['with 0 alone', [0, 0], { contiguous: 0, highest: 0, missing: 0, gaps: [] }],
    ['with a gap after 0', [0, 0, 2, 2], { contiguous: 0, highest: 2, missing: 1, gaps: [[1, 1]] }],
    ['that begins higher', [3, 5], { contiguous: null, highest: 5, missing: 2, gaps: [[1, 2]] }],
    ['with gaps', [1, 1, 3, 4, 9, 9], { contiguous: 1, highest: 9, missing: 5, gaps: [[2, 2], [5, 8]] }], // biome-ignore format: one line
  ])('%s', (_, ranges, expected) => {
    expect(sequenceState('b', ranges)).toEqual({ boot: 'b', ...expected })
  })

  test('lists the lowest gaps and counts all', () => {
    const evens = rangesOf(Array.from({ length: 20 }, (_, index) => index * 2))
    const state = sequenceState('b', evens)
    expect(state?.gaps).toEqual([
      [1, 1],
      [3, 3],
      [5, 5],
      [7, 7],
    ])
    expect(state?.gaps).toHaveLength(MAX_GAPS)
    expect(state?.missing).toBe(19)
  })

  test('says of any numbers what a look at each of them says', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40), { minLength: 1 }), (numbers) => {
        const there = new Set(numbers)
        const highest = Math.max(...numbers)
        const first = Math.min(1, ...numbers)
        const absent = Array.from({ length: highest - first + 1 }, (_, index) => first + index).filter(
          (number) => !there.has(number),
        )
        const state = sequenceState('b', rangesOf(numbers))
        const reach = (absent[0] ?? highest + 1) - 1
        expect(state?.contiguous).toBe(there.has(first) ? reach : null)
        expect(state?.highest).toBe(highest)
        expect(state?.missing).toBe(absent.length)
        const listed = (state?.gaps ?? []).flatMap(([from, to]) =>
          Array.from({ length: to - from + 1 }, (_, index) => from + index),
        )
        expect(listed).toEqual(absent.slice(0, listed.length))
        if ((state?.gaps.length ?? 0) < MAX_GAPS) expect(listed).toEqual(absent)
      }),
    )
  })
})

describe('the state of a boot whose lowest ranges were let go', () => {
  const forgotten = { contiguous: 10, highest: 100, missing: 30 } as const

  test('goes no further than what is known without a gap', () => {
    expect(sequenceState('b', [103, 110], forgotten)).toEqual({
      boot: 'b',
      contiguous: 10,
      highest: 110,
      missing: 32,
      gaps: [
        [11, 100],
        [101, 102],
      ],
    })
  })

  test('goes on when the numbers next to it come', () => {
    expect(sequenceState('b', [11, 120], forgotten)).toMatchObject({ contiguous: 120, missing: 0, gaps: [] })
  })

  test('is known without any range that is left', () => {
    expect(sequenceState('b', [], forgotten)).toMatchObject({ contiguous: 10, highest: 100, missing: 30 })
  })

  test('has no reach when its first number never came, until it does', () => {
    const none = { ...forgotten, contiguous: null }
    expect(sequenceState('b', [103, 110], none)?.contiguous).toBeNull()
    expect(sequenceState('b', [1, 4, 103, 110], none)?.contiguous).toBe(4)
  })

  test('never claims a number that did not come', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 2 }),
        fc.nat(5),
        (all, keep) => {
          const there = new Set(all)
          const ranges = rangesOf(all)
          const before = sequenceState('b', ranges)
          const kept = [...ranges]
          forgetLowest(kept, keep)
          const highest = ranges[ranges.length - kept.length - 1]
          if (before === undefined || highest === undefined) return
          const lost = { contiguous: before.contiguous, highest, missing: 0 }
          const after = sequenceState('b', kept, lost)
          expect(after?.highest).toBe(before.highest)
          for (let number = 1; number <= (after?.contiguous ?? 0); number += 1)
            expect(there.has(number)).toBe(true)
        },
      ),
    )
  })
})

test.each([
  [{ missing: 0, highest: 0 }, 0],
  [{ missing: 0, highest: 100 }, 0],
  [{ missing: 5, highest: 100 }, 0.05],
  [{ missing: 99, highest: 100 }, 0.99],
])('of %j the share %d is lost', (state, expected) => {
  expect(lossRatio(state)).toBe(expected)
})
