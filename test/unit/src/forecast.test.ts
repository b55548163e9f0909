import { expect, test } from '@jest/globals'
import { createForecast } from '../../../src/forecast.ts'

const createRig = () => {
  const now = { at: 5_000, used: 100 }
  const secondsLeft = createForecast({ used: () => now.used, max: 1_000, monotonic: () => now.at })
  const pass = (ms: number, growth: number): number => {
    now.at += ms
    now.used += growth
    return secondsLeft()
  }
  return { now, secondsLeft, pass }
}

test('one look forecasts nothing, and what does not grow is never full', () => {
  const { secondsLeft, pass } = createRig()
  expect(secondsLeft()).toBe(Number.POSITIVE_INFINITY)
  expect(secondsLeft()).toBe(Number.POSITIVE_INFINITY)
  expect(pass(1_000, 0)).toBe(Number.POSITIVE_INFINITY)
  expect(pass(1_000, -50)).toBe(Number.POSITIVE_INFINITY)
})

test('what grows is full when the rest is used up at the same pace', () => {
  const { secondsLeft, pass } = createRig()
  secondsLeft()
  expect(pass(10_000, 100)).toBeCloseTo(80)
  expect(pass(10_000, 100)).toBeCloseTo(70)
})

test('only the pace of the last minute counts, however often it is asked', () => {
  const { secondsLeft, pass } = createRig()
  secondsLeft()
  for (let second = 0; second < 60; second += 1) pass(1_000, 5)
  for (let second = 0; second < 120; second += 1) pass(1_000, 1)
  expect(pass(1_000, 1)).toBeCloseTo(1_000 - 100 - 300 - 121, 0)
})

test('full is full', () => {
  const { pass } = createRig()
  expect(pass(1_000, 900)).toBe(0)
  expect(pass(1_000, 900)).toBe(0)
})
