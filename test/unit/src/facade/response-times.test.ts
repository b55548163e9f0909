import { describe, expect, test } from '@jest/globals'
import { createResponseTimes } from '../../../../src/facade/response-times.ts'

const setUp = () => {
  const time = { now: 0 }
  return { time, times: createResponseTimes(() => time.now, 1_000) }
}

describe('response times', () => {
  test('are nothing before the first', () => {
    expect(setUp().times.read()).toEqual({ count: 0, p50: null, p99: null, max: null })
  })

  test('are told to about a hundredth', () => {
    const { times } = setUp()
    for (let n = 1; n <= 100; n += 1) times.add(n)
    const { count, p50, p99, max } = times.read()
    expect(count).toBe(100)
    expect(Math.abs((p50 ?? 0) - 50)).toBeLessThan(1)
    expect(Math.abs((p99 ?? 0) - 99)).toBeLessThan(2)
    expect(Math.abs((max ?? 0) - 100)).toBeLessThan(2)
  })

  test('are those of this turn and the one before', () => {
    const { times, time } = setUp()
    times.add(10)
    time.now = 1_000
    times.add(20)
    expect(times.read().count).toBe(2)
    time.now = 2_000
    expect(times.read().count).toBe(1)
    time.now = 4_000
    expect(times.read().count).toBe(0)
  })

  test('of an hour and more, and of none, are bounded', () => {
    const { times } = setUp()
    times.add(0)
    times.add(1e9)
    expect(times.read().count).toBe(2)
  })
})
