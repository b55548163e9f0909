import { describe, expect, test } from '@jest/globals'
import { createDueRecord } from '../../../../bench/fleet/load/due-record.ts'

const PLAN = { warmupMs: 1000, measuredMs: 2000, timeoutMs: 5000 }
const GENERATOR = { cpu: 0.5, lagP99Ms: 1 }

const poll = (dueAt: number) => ({ kind: 'poll', dueAt })

describe('what became of the requests', () => {
  test('only those due in the measured time are part of the latency', () => {
    const record = createDueRecord(PLAN)
    for (const dueAt of [999, 1000, 2999, 3000]) record.done(poll(dueAt), dueAt, undefined)
    const { latencyMs, succeeded } = record.result(GENERATOR)
    expect(latencyMs.poll).toEqual({ count: 2, p50: 1000, p99: 2999, max: 2999 })
    expect(succeeded).toBe(4)
  })

  test('a request that failed at once counts as one that took the time-out', () => {
    const record = createDueRecord(PLAN)
    record.done(poll(1500), 2, 'ECONNREFUSED')
    record.done(poll(1600), 7000, 'no answer in time')
    const { latencyMs, failures, succeeded } = record.result(GENERATOR)
    expect(latencyMs.poll).toMatchObject({ count: 2, p50: 5000, max: 7000 })
    expect(failures).toEqual({ ECONNREFUSED: 1, 'no answer in time': 1 })
    expect(succeeded).toBe(0)
  })

  test('what was never answered counts with the time it waited', () => {
    const record = createDueRecord(PLAN)
    record.unanswered(poll(2000), 3000)
    record.unanswered(poll(500), 4500)
    const { latencyMs, unanswered } = record.result(GENERATOR)
    expect(unanswered).toBe(1)
    expect(latencyMs.poll?.p99).toBe(3000)
  })

  test('kinds of request are told apart', () => {
    const record = createDueRecord(PLAN)
    record.done(poll(1500), 1, undefined)
    record.done({ kind: 'ingest', dueAt: 1500 }, 9, undefined)
    expect(record.result(GENERATOR).latencyMs).toMatchObject({ poll: { p99: 1 }, ingest: { p99: 9 } })
  })

  test('a generator that sends late is seen', () => {
    const record = createDueRecord(PLAN)
    record.sent(1500, 30)
    record.sent(500, 99)
    expect(record.result(GENERATOR).sentLateP99Ms).toBe(30)
  })
})
