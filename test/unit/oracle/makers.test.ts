import { describe, expect, test } from '@jest/globals'
import { createMaker, type MakerOptions } from '../../oracle/boards/makers.ts'
import type { BoardMessage } from '../../oracle/boards/message.ts'
import { keyOf, measuredOf } from '../../oracle/boards/reading.ts'
import { createRandom } from '../../oracle/random.ts'

const makerOf = (options: Partial<MakerOptions> = {}) =>
  createMaker({
    kind: 'qos1',
    deviceId: 'board',
    random: createRandom(3),
    unreadable: 0,
    again: 0,
    named: false,
    backfillFrom: null,
    ...options,
  })

const take = (maker: ReturnType<typeof makerOf>, count: number): readonly BoardMessage[] =>
  Array.from({ length: count }, () => {
    const message = maker.next()
    maker.acked(message)
    return message
  })

const seqsOf = (messages: readonly BoardMessage[]): readonly number[] =>
  messages.flatMap((message) => message.readings.map(({ seq }) => seq))

describe('what a board has to say', () => {
  test('is numbered from 1, and holds what the verdict expects of it', () => {
    const messages = take(makerOf(), 50)
    expect(seqsOf(messages)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    for (const { payload, readings } of messages) {
      const [reading] = readings
      if (reading === undefined) throw new TypeError('one each')
      const { mark, ...metrics } = measuredOf(reading)
      expect(JSON.parse(payload)).toMatchObject({ ...metrics, boot: reading.boot, seq: reading.seq })
      expect(JSON.parse(payload).mark ?? null).toBe(mark)
    }
  })

  test('differs from reading to reading, so that two that are mixed up are seen', () => {
    const all = take(makerOf(), 500).flatMap(({ readings }) => readings.map(measuredOf))
    expect(new Set(all.map((measured) => JSON.stringify(measured))).size).toBe(500)
    expect(all.some(({ mark }) => mark === null)).toBe(true)
    expect(all.some(({ mark }) => mark !== null)).toBe(true)
  })

  test('begins at 1 again with another boot after a reboot', () => {
    const maker = makerOf()
    const before = take(maker, 3)
    maker.reboot()
    const after = take(maker, 3)
    expect(seqsOf(after)).toEqual([1, 2, 3])
    expect(after[0]?.readings[0]?.boot).not.toBe(before[0]?.readings[0]?.boot)
  })

  test('is sometimes what was acked before, to the byte', () => {
    const messages = take(makerOf({ again: 0.3 }), 200)
    const texts = messages.map(({ payload }) => payload)
    expect(new Set(texts).size).toBeLessThan(170)
    expect(new Set(texts).size).toBeGreaterThan(110)
  })

  test('is sometimes what nobody can read, each time another', () => {
    const broken = take(makerOf({ unreadable: 0.5 }), 100).filter(({ readings }) => readings.length === 0)
    expect(broken.length).toBeGreaterThan(30)
    expect(new Set(broken.map(({ payload }) => payload)).size).toBe(broken.length)
    for (const { payload } of broken) expect(() => JSON.parse(payload)).toThrow('JSON')
  })

  test('as backfill is arrays out of order that leave no number out, old, and sometimes in part sent before', () => {
    const now = Date.UTC(2026, 0, 1)
    const messages = take(makerOf({ kind: 'backfill', backfillFrom: now, again: 0.2, named: true }), 100)
    const seqs = seqsOf(messages)
    const inOrder = [...new Set(seqs)].sort((a, b) => a - b)
    expect(seqs).not.toEqual(inOrder)
    expect(seqs.length).toBeGreaterThan(inOrder.length)
    // The last array may be held back still.
    expect(inOrder.at(-1)).toBeLessThanOrEqual(inOrder.length + 50)
    for (const message of messages) {
      expect(message.readings.length).toBeGreaterThanOrEqual(10)
      expect(new Set(message.readings.map(keyOf)).size).toBe(message.readings.length)
      expect(message.readings.every(({ ts }) => ts !== null && ts < now)).toBe(true)
      expect(JSON.parse(message.payload)[0].deviceId).toBe('board')
    }
  })
})
