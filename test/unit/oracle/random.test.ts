import { expect, test } from '@jest/globals'
import { createRandom } from '../../oracle/random.ts'

const draw = (seed: number, count: number): readonly number[] => {
  const random = createRandom(seed)
  return Array.from({ length: count }, random.next)
}

test('a seed repeats, and another seed gives something else', () => {
  expect(draw(7, 20)).toEqual(draw(7, 20))
  expect(draw(7, 20)).not.toEqual(draw(8, 20))
})

test('numbers lie within their bounds, and reach both', () => {
  const random = createRandom(1)
  const drawn = new Set(Array.from({ length: 200 }, () => random.whole(3, 6)))
  expect([...drawn].sort()).toEqual([3, 4, 5, 6])
  expect(draw(1, 1_000).every((value) => value >= 0 && value < 1)).toBe(true)
})

test('a fork is not changed by what its origin draws later', () => {
  const [quiet, busy] = [createRandom(5), createRandom(5)]
  const [left, right] = [quiet.fork(), busy.fork()]
  for (let count = 0; count < 10; count += 1) busy.next()
  expect(left.next()).toBe(right.next())
})

test('nothing cannot be picked from', () => {
  expect(() => createRandom(1).pick([])).toThrow('nothing to pick from')
})
