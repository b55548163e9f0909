import { expect, test } from '@jest/globals'
import { newOwnClock, noteOwn } from '../../../../bridge/core/own-clock.ts'

const after = (first: number, ...more: readonly number[]): number => {
  const clock = newOwnClock(first)
  for (const aheadMs of more) noteOwn(clock, aheadMs)
  return clock.aheadMs
}

test('a delay moves the clock of a board only a little, the end of delays more', () => {
  expect(after(0, -6_400)).toBe(-100)
  expect(after(-100, 0)).toBe(-75)
})

test('a clock that is set forward counts at once', () => {
  expect(after(-50, 7_200_000)).toBe(7_200_000)
})

test('a backlog is not the clock, however long it is', () => {
  const backlog = Array.from({ length: 500 }, (_, n) => -3_600_000 + n * 1_000)
  expect(after(-20, ...backlog)).toBe(-20)
})

test('a clock that is set back counts once it stays there', () => {
  const back = Array.from({ length: 32 }, (_, n) => -3_600_000 - (n % 5))
  expect(after(-20, ...back.slice(1))).toBe(-20)
  expect(after(-20, ...back)).toBeCloseTo(-3_600_000, -1)
})
