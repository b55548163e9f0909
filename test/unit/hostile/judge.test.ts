import { describe, expect, test } from '@jest/globals'
import type { Seen } from '../../hostile/boards/fleet.ts'
import { judgeEnd, judgeHonestRows, judgeService } from '../../hostile/judge.ts'
import { measuredOf, type Reading } from '../../oracle/boards/reading.ts'
import type { Row } from '../../oracle/verdict/evidence.ts'

const BOOT = 'b'
const reading = (seq: number): Reading => ({ deviceId: 'honest-1', boot: BOOT, seq, ts: null })
const rowOf = (seq: number, more: Partial<Row> = {}): Row => ({
  ...reading(seq),
  ...measuredOf(reading(seq)),
  ts: 1,
  tsSource: 'server',
  receivedAt: 1,
  ...more,
})
const sent = (acked: readonly number[], count = acked.length) => [
  { deviceId: 'honest-1', sent: count, acked },
]

describe('the rows of honest boards', () => {
  test('are fine when each acked reading is one, whatever strangers wrote beside them', () => {
    const strange = rowOf(1, { boot: 'f1', temperature: 9 })
    expect(judgeHonestRows([rowOf(1), rowOf(2), strange], sent([1, 2]), BOOT)).toEqual([])
  })

  test('fail when one is missing, there twice, changed, or was never acked', () => {
    const of = (rows: readonly Row[], acked: readonly number[], count?: number) =>
      judgeHonestRows(rows, sent(acked, count), BOOT).join()
    expect(of([rowOf(1)], [1, 2])).toMatch('honest-1 b 2 was acked and is no row')
    expect(of([rowOf(1), rowOf(1)], [1])).toMatch('doubled')
    expect(of([rowOf(1, { humidity: -1 })], [1])).toMatch('changed')
    expect(of([rowOf(1)], [1], 2)).toMatch('sent 2, was acked 1')
  })
})

const SERVED: Seen = {
  acks: 1,
  p50: 1,
  p99: 1,
  max: 1,
  unserved: [],
  lost: [],
  connects: 1,
  connectP99: 1,
  refused: 0,
}

test('a board that was not served, lost its connection or was refused is a problem', () => {
  expect(judgeService('during it', SERVED)).toEqual([])
  expect(
    judgeService('during it', { ...SERVED, unserved: ['a'], lost: ['b: gone'], refused: 2 }),
  ).toHaveLength(3)
})

test('a process that ended otherwise than in order, or told of a failure, is a problem', () => {
  const ended = { code: 0, signal: null, stderr: '' }
  expect(judgeEnd(ended, [{ level: 'info', msg: 'stopped' }])).toEqual([])
  expect(judgeEnd({ ...ended, code: 1 }, [])).toHaveLength(1)
  expect(judgeEnd(ended, [{ level: 'error', msg: 'an unexpected error' }])).toHaveLength(1)
  expect(judgeEnd(ended, [{ err: 'Error: x\n    at f (a.js:1:2)' }])).toHaveLength(1)
})
