import { describe, expect, test } from '@jest/globals'
import type { BoardMessage } from '../../oracle/boards/message.ts'
import { createOutbox } from '../../oracle/boards/outbox.ts'
import { momentOf, type PlayedFault } from '../../oracle/timeline.ts'
import { createTrafficLog } from '../../oracle/traffic-log.ts'

const message = (...seqs: readonly number[]): BoardMessage => ({
  kind: 'backfill',
  deviceId: 'board',
  payload: `[${seqs}]`,
  readings: seqs.map((seq) => ({ deviceId: 'board', boot: 'b', seq, ts: null })),
})

describe('the traffic log', () => {
  test('counts every sending, and knows each reading once', () => {
    const log = createTrafficLog(() => 0)
    for (const sent of [message(1, 2, 3), message(1, 2, 3), message(3, 4), message()]) log.sent(sent)
    expect(log.transmissions).toBe(9)
    expect([...log.readings.keys()]).toEqual(['board b 1', 'board b 2', 'board b 3', 'board b 4'])
  })

  test('keeps the first ack of a reading, and its time', () => {
    let now = 5
    const log = createTrafficLog(() => now)
    log.acked(message(1), 'PUBACK')
    now = 9
    log.acked(message(1, 2), '200')
    expect(Array.from(log.acks.values(), ({ how, atMs }) => [how, atMs])).toEqual([
      ['PUBACK', 5],
      ['200', 9],
    ])
  })

  test('keeps of an unreadable message how often it was sent, and its first ack', () => {
    const log = createTrafficLog(() => 7)
    log.sent(message())
    expect(log.unreadable.get('[]')?.acked).toBe(null)
    log.sent(message())
    log.acked(message(), 'PUBREC')
    log.acked(message(), 'PUBACK')
    expect([...log.unreadable.values()]).toEqual([
      { payload: '[]', deviceId: 'board', times: 2, acked: { how: 'PUBREC', atMs: 7 } },
    ])
  })
})

test('an outbox gives no message id twice while the first is not answered', () => {
  const outbox = createOutbox(3)
  const ids = [1, 2].map((seq) => outbox.add(message(seq), 0).messageId)
  outbox.remove(1)
  ids.push(outbox.add(message(3), 0).messageId, outbox.add(message(4), 0).messageId)
  expect(ids).toEqual([1, 2, 3, 1])
  expect(outbox.all().map(({ messageId }) => messageId)).toEqual([2, 3, 1])
})

test('a moment is told by the fault it was in, or after', () => {
  const fault = (name: string, fromMs: number, toMs: number | null): PlayedFault => {
    return { name, kind: 'kill', mayLose: false, fromMs, toMs, stake: null, error: null }
  }
  const played = [fault('first', 1_000, 2_000), fault('second', 5_000, null)]
  expect(momentOf(500, played)).toBe('at 0.50 s, before any fault')
  expect(momentOf(1_250, played)).toBe('at 1.25 s, 0.25 s into first')
  expect(momentOf(4_000, played)).toBe('at 4.00 s, 2.00 s after first')
  expect(momentOf(9_000, played)).toBe('at 9.00 s, 4.00 s into second')
})
