import { describe, expect, test } from '@jest/globals'
import { createTokenBucket } from '../../../broker/token-bucket.ts'

describe('a token bucket', () => {
  const make = () => createTokenBucket({ rate: 10, burst: 5 }, 1_000)

  test('is full at first, and gives back with time, never more than its burst', () => {
    const bucket = make()
    expect(bucket.level(1_000)).toBe(5)
    bucket.take(5, 1_000)
    expect([bucket.level(1_000), bucket.level(1_250), bucket.level(9_000)]).toEqual([0, 2.5, 5])
  })

  test('owes what was taken over its level', () => {
    const bucket = make()
    bucket.take(8, 1_000)
    expect(bucket.level(1_000)).toBe(-3)
    expect(bucket.waitMs(1, 1_000)).toBe(400)
    expect(bucket.waitMs(1, 1_200)).toBe(200)
    expect(bucket.waitMs(1, 1_400)).toBe(0)
  })

  test('is not moved by a clock that goes back', () => {
    const bucket = make()
    bucket.take(2, 1_000)
    expect(bucket.level(500)).toBe(3)
    expect(bucket.level(600)).toBe(4)
  })
})
