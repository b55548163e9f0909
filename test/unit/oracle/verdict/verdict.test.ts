import { describe, expect, test } from '@jest/globals'
import type { Evidence } from '../../../oracle/verdict/evidence.ts'
import { judge } from '../../../oracle/verdict/verdict.ts'
import { BALANCE, goodEvidence, played, readings, rowOf } from './evidence-rig.ts'

const problemsOf = (spoiled: Partial<Evidence>): readonly string[] =>
  judge({ ...goodEvidence(), ...spoiled }).problems

const without = (seq: number) => goodEvidence().rows.filter((row) => row.seq !== seq)

const changed = (change: Partial<Evidence['rows'][number]>, seq = 2) =>
  goodEvidence().rows.map((row) => (row.seq === seq ? { ...row, ...change } : row))

describe('the verdict', () => {
  test('passes a run in which everything went well', () => {
    expect(judge(goodEvidence())).toEqual({ problems: [], toldLosses: 0, uncountedLosses: 0 })
  })

  test('finds an acked reading that is no row, says which, how it was acked, and what went on then', () => {
    const [lost] = problemsOf({ rows: without(2), balance: { ...BALANCE, stored: 3, received: 5 } })
    expect(lost).toBe('lost: board boot b1 seq 2, PUBACK at 2.00 s, 0.50 s into kill-9')
  })

  test('finds nothing wrong with a reading that was never acked and is no row', () => {
    expect(problemsOf({ rows: without(4), balance: { ...BALANCE, stored: 3, received: 5 } })).toEqual([])
  })

  test('finds a reading that is two rows', () => {
    const rows = [...goodEvidence().rows, ...goodEvidence().rows.slice(0, 1)]
    const balance = { ...BALANCE, stored: 5, deduplicated: 0 }
    expect(problemsOf({ rows, balance })).toEqual([expect.stringContaining('doubled: board b1 1 is 2 rows')])
  })

  test('finds a row that nobody sent', () => {
    const stranger = { deviceId: 'board', boot: 'b1', seq: 99, ts: null }
    const rows = [...without(4), rowOf(stranger)]
    expect(problemsOf({ rows })).toEqual(['foreign row: nobody sent board b1 99'])
  })

  test.each([
    ['temperature', { temperature: 1 }, 2],
    ['humidity', { humidity: null }, 2],
    ['lightLevel', { lightLevel: -1 }, 2],
    ['mark', { mark: 'other' }, 2],
    ['ts', { ts: 1_700_000_000_001 }, 4],
    ['tsSource', { tsSource: 'server' }, 4],
  ])('finds a changed %s', (column, change, seq) => {
    expect(problemsOf({ rows: changed(change, seq) })).toEqual([expect.stringContaining(`${column} is`)])
  })

  test('finds an unreadable message that was acked and is no dead letter', () => {
    const balance = { ...BALANCE, deadLettered: 0, received: 5 }
    expect(problemsOf({ deadLetters: [], balance })).toEqual([
      expect.stringContaining('lost dead letter of board, PUBREC at 5.00 s'),
    ])
  })

  test('finds more dead letters than there were unreadable messages, and one that nobody sent', () => {
    const [letter] = goodEvidence().deadLetters
    if (letter === undefined) throw new TypeError('there is one')
    const balance = { ...BALANCE, deadLettered: 2, deduplicated: 0 }
    expect(problemsOf({ deadLetters: [letter, letter], balance })).toEqual([
      expect.stringContaining('doubled dead letter'),
    ])
    const foreign = { payload: 'not ours', reason: 'bad-json' }
    expect(problemsOf({ deadLetters: [letter, foreign], balance })).toEqual([
      expect.stringContaining('foreign dead letter'),
    ])
  })

  test('finds a reading that was taken for a dead letter', () => {
    const deadLetters = [{ payload: 'garbage', reason: 'refused-by-postgres' }]
    expect(problemsOf({ deadLetters })).toEqual([expect.stringContaining('refused-by-postgres')])
  })

  test('finds messages without an answer, answers that no board should get, and a fault that did not heal', () => {
    const evidence = goodEvidence()
    const oddities = new Map([['REST: 500', 3]])
    const problems = problemsOf({
      unanswered: new Map([['board', 2]]),
      traffic: { ...evidence.traffic, transmissions: 6, oddities },
      played: [played({ error: 'it never came back' })],
      troubles: ['Postgres cannot be asked'],
    })
    expect(problems).toEqual([
      'fault kill-9: it never came back',
      'Postgres cannot be asked',
      'unanswered: 2 messages of board got no ack',
      'odd answer, 3 times: REST: 500',
    ])
  })
})

describe('what is lost to damaged files', () => {
  const stake = { fromMs: 1_500, toMs: 2_500 }
  const damaged = [played({ name: 'spool-damaged', kind: 'spool', mayLose: true, stake })]
  const rows = without(2)

  test('passes when Sluice has counted it', () => {
    const balance = { ...BALANCE, stored: 3, dropped: { 'spool-damaged': 1 } }
    const verdict = judge({ ...goodEvidence(), rows, balance, played: damaged })
    expect(verdict).toEqual({ problems: [], toldLosses: 1, uncountedLosses: 0 })
  })

  test('passes, and is counted apart, when Sluice has only said that there was damage', () => {
    const balance = { ...BALANCE, stored: 3, received: 5 }
    const log = [{ level: 'error', msg: 'the spool was damaged: a file is missing' }]
    const verdict = judge({ ...goodEvidence(), rows, balance, log, played: damaged })
    expect(verdict).toEqual({ problems: [], toldLosses: 0, uncountedLosses: 1 })
  })

  test('fails when Sluice said nothing', () => {
    const balance = { ...BALANCE, stored: 3, received: 5 }
    expect(problemsOf({ rows, balance, played: damaged })).toEqual([
      '1 acked are missing after damage, Sluice told of 0',
      expect.stringContaining('lost: board boot b1 seq 2'),
    ])
  })

  // It was acked at 2,000.
  test.each([
    ['after the damage, though Sluice was not well again yet', { fromMs: 1_000, toMs: 1_999 }],
    ['long before, in another outage', { fromMs: 7_001, toMs: 8_000 }],
    ['in a fault that did not come to the damage', null],
  ])('fails, told or not, when it was acked %s', (_, otherStake) => {
    const balance = { ...BALANCE, stored: 3, dropped: { 'spool-damaged': 1 } }
    const other = [played({ mayLose: true, fromMs: 100, toMs: 9_000, stake: otherStake })]
    expect(problemsOf({ rows, balance, played: other })).toEqual([expect.stringContaining('lost: board')])
  })

  test('fails when no file was damaged, whatever Sluice says', () => {
    const balance = { ...BALANCE, stored: 3, dropped: { 'spool-damaged': 1 } }
    expect(problemsOf({ rows, balance })).toEqual([
      expect.stringContaining('lost: board boot b1 seq 2'),
      'balance: dropped 1 for spool-damaged, which nothing here explains',
    ])
  })

  test('does not excuse a doubled row', () => {
    const doubled = [...goodEvidence().rows, ...readings.slice(0, 1).map(rowOf)]
    const balance = { ...BALANCE, stored: 5, deduplicated: 0 }
    expect(problemsOf({ rows: doubled, balance, played: damaged })).toEqual([
      expect.stringContaining('doubled'),
    ])
  })
})
