import { expect, test } from '@jest/globals'
import { createRetainedLedger } from '../../../broker/retained-ledger.ts'

const ledger = (maxRetained: number, maxRetainedBytes: number) =>
  createRetainedLedger({ maxRetained, maxRetainedBytes })

test('a ledger takes messages up to its number, and one more on a topic it has', () => {
  const kept = ledger(2, 1e6)
  expect([kept.add('a', 1), kept.add('b', 1), kept.add('c', 1), kept.add('b', 9)]).toEqual([
    undefined,
    undefined,
    'maxRetained',
    undefined,
  ])
  kept.remove('a')
  expect(kept.add('c', 1)).toBeUndefined()
  expect(kept.count).toBe(2)
})

test('a ledger takes bytes up to its bound, what is replaced not counted', () => {
  const kept = ledger(10, 2_000)
  expect(kept.add('a', 1_000)).toBeUndefined()
  expect(kept.add('b', 1_000)).toBe('maxRetainedBytes')
  expect(kept.add('a', 1_500)).toBeUndefined()
  expect(kept.has('b')).toBe(false)
  const { bytes } = kept
  expect(kept.add('a', 1_900)).toBe('maxRetainedBytes')
  expect(kept.bytes).toBe(bytes)
  kept.remove('a')
  kept.remove('never')
  expect([kept.bytes, kept.count]).toEqual([0, 0])
})

test('a ledger counts what is there already, over its bounds too', () => {
  const kept = ledger(1, 100)
  kept.load('a', 90)
  kept.load('b', 90)
  expect([kept.count, kept.bytes, kept.add('c', 0), kept.add('a', 0)]).toEqual([
    2,
    180,
    'maxRetained',
    'maxRetainedBytes',
  ])
})
