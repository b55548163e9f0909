import { describe, expect, test } from '@jest/globals'
import {
  createFailureCounts,
  createMillisecondCounts,
  createSamples,
  failureCount,
  failureText,
} from '../../../bench/fleet/latency.ts'

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, i) => last - i)

describe.each([
  ['kept values', () => createSamples()],
  ['counted milliseconds', () => createMillisecondCounts(60_000)],
])('quantiles of %s', (_name, create) => {
  test('are values by the nearest rank, in whatever order they came', () => {
    const samples = create()
    for (const value of upTo(10_000)) samples.add(value)
    expect(samples.summary()).toEqual({ count: 10_000, p50: 5000, p99: 9900, max: 10_000 })
  })

  test('of one value are that value', () => {
    const samples = create()
    samples.add(7)
    expect(samples.summary()).toEqual({ count: 1, p50: 7, p99: 7, max: 7 })
  })

  test('of none are nothing', () => {
    expect(create().summary()).toBeUndefined()
  })
})

describe('counted milliseconds', () => {
  test('what lies outside counts as the nearest that is inside', () => {
    const samples = createMillisecondCounts(100)
    for (const value of [-3, 250]) samples.add(value)
    expect(samples.summary()).toEqual({ count: 2, p50: 0, p99: 100, max: 100 })
  })
})

describe('failures', () => {
  test('are counted by their reason', () => {
    const failures = createFailureCounts()
    for (const reason of ['ECONNRESET', 'status 503', 'ECONNRESET']) failures.add(reason)
    expect(failures.all()).toEqual({ ECONNRESET: 2, 'status 503': 1 })
    expect(failureCount(failures.all())).toBe(3)
    expect(failureText(failures.all())).toBe('2 × ECONNRESET, 1 × status 503')
  })
})
