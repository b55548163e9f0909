import { describe, expect, test } from '@jest/globals'
import type { DueResult } from '../../../bench/fleet/fleet-jobs.ts'
import { verdictOf } from '../../../bench/fleet/verdict.ts'

interface Seen {
  readonly poll: number
  readonly ingest: number
  readonly lagMs?: number
  readonly sentLateMs?: number
}

const summary = (p99: number) => ({ count: 1000, p50: 1, p99, max: p99 })

const resultOf = ({ poll, ingest, lagMs = 1, sentLateMs = 1 }: Seen): DueResult => ({
  latencyMs: { poll: summary(poll), ingest: summary(ingest) },
  failures: {},
  unanswered: 0,
  succeeded: 2000,
  sentLateP99Ms: sentLateMs,
  generator: { cpu: 0.5, lagP99Ms: lagMs },
})

describe('a number of boards', () => {
  test('is held when every kind of request is in time at the 99th percentile', () => {
    expect(verdictOf(resultOf({ poll: 99, ingest: 99 }))).toBe('held')
    expect(verdictOf(resultOf({ poll: 100, ingest: 5 }))).toBe('not held')
    expect(verdictOf(resultOf({ poll: 5, ingest: 100 }))).toBe('not held')
  })

  test('that was too late with a busy generator says nothing about the server', () => {
    expect(verdictOf(resultOf({ poll: 300, ingest: 300, lagMs: 21 }))).toBe('generator too slow')
    expect(verdictOf(resultOf({ poll: 300, ingest: 300, sentLateMs: 21 }))).toBe('generator too slow')
  })

  test('that was in time in spite of a busy generator is held', () => {
    expect(verdictOf(resultOf({ poll: 50, ingest: 50, lagMs: 40 }))).toBe('held')
  })

  test('is not held when nothing was measured', () => {
    expect(verdictOf({ ...resultOf({ poll: 1, ingest: 1 }), latencyMs: {} })).toBe('not held')
  })
})
