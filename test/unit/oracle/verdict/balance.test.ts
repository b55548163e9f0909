import { describe, expect, test } from '@jest/globals'
import { judgeBalance } from '../../../oracle/verdict/balance.ts'
import type { BalanceTotal } from '../../../oracle/verdict/evidence.ts'
import { BALANCE, goodEvidence, played } from './evidence-rig.ts'

const problemsOf = (change: Partial<BalanceTotal>): readonly string[] =>
  judgeBalance({ ...goodEvidence(), balance: { ...BALANCE, ...change } })

describe('the balance sheet, held against what is seen from outside', () => {
  test('passes when it says what Postgres has', () => {
    expect(problemsOf({})).toEqual([])
  })

  test('fails with a remainder, its own or the one that is left when it is added up', () => {
    expect(problemsOf({ remainder: 2 })).toEqual(['balance: remainder is 2, seen from outside 0'])
    expect(problemsOf({ deduplicated: 0 })).toEqual([
      'balance: received less all its places is 1, seen from outside 0',
    ])
  })

  test('fails when it claims more rows or dead letters than Postgres has', () => {
    expect(problemsOf({ stored: 5, deduplicated: 0 })).toEqual(['balance: stored is 5, seen from outside 4'])
    expect(problemsOf({ deadLettered: 2, deduplicated: 0 })).toEqual([
      'balance: dead-lettered is 2, seen from outside 1',
    ])
  })

  test('fails when something is under way for ever', () => {
    expect(problemsOf({ spooled: 1, deduplicated: 0 })).toEqual([expect.stringContaining('spooled')])
    expect(problemsOf({ inFlight: 1, deduplicated: 0 })).toEqual([expect.stringContaining('in flight')])
  })

  test('fails when more was received than boards ever sent', () => {
    expect(problemsOf({ received: 7, deduplicated: 2 })).toEqual([
      'balance: received is 7, but boards sent only 6, resends included',
    ])
  })

  test('fails when a place holds less than nothing', () => {
    expect(problemsOf({ deduplicated: 2, inFlight: -1 })).toContain('balance: inFlight is -1')
  })

  test('takes QoS 0 that was dropped at a full disk, and no other loss', () => {
    const balance = { ...BALANCE, dropped: { 'spool-full-qos0': 1 }, deduplicated: 0 }
    const evidence = { ...goodEvidence(), balance }
    expect(judgeBalance({ ...evidence, played: [played({ kind: 'disk' })] })).toEqual([])
    expect(judgeBalance(evidence)).toEqual([
      'balance: dropped 1 for spool-full-qos0, which nothing here explains',
    ])
    expect(problemsOf({ dropped: { 'dead-letter-refused': 1 }, deduplicated: 0 })).toEqual([
      'balance: dropped 1 for dead-letter-refused, which nothing here explains',
    ])
  })

  test('fails when there is none, or it never came to rest', () => {
    const evidence = goodEvidence()
    expect(judgeBalance({ ...evidence, balance: null, balanceProblem: '404' })).toEqual(['balance: 404'])
    expect(judgeBalance({ ...evidence, balanceProblem: 'never quiet' })).toEqual(['balance: never quiet'])
  })
})
