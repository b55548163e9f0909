import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Reading } from '../../bridge/core/reading.ts'
import type { HistoryReader } from '../../bridge/ports.ts'
import { id, readingOf, T } from './sink-rows.ts'

/** An empty history that `store` adds readings to. */
export interface HistoryUnderTest {
  readonly history: HistoryReader
  store(readings: readonly Reading[]): Promise<void>
  cleanup(): Promise<void>
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const byReceipt = (a: Reading, b: Reading): number =>
  b.receivedAt - a.receivedAt || b.ts - a.ts || (b.seq ?? -1) - (a.seq ?? -1)

const seqs = (readings: readonly Reading[]): readonly (number | null)[] => readings.map((one) => one.seq)

/** Receipts close together, and measured times on both sides of the minute that parts live from late. */
const someReadings = fc.array(
  fc.record({
    receivedAt: fc.integer({ min: 0, max: 240 }).map((n) => T + n * SECOND),
    skew: fc.constantFrom(
      0,
      1,
      -1,
      30 * SECOND,
      -30 * SECOND,
      MINUTE,
      -MINUTE,
      MINUTE + 1,
      -MINUTE - 1,
      HOUR,
      -HOUR,
      -40 * DAY,
    ),
  }),
  { maxLength: 40 },
)

/** What every HistoryReader must do. */
export const historyReaderContract = (name: string, make: () => Promise<HistoryUnderTest>): void => {
  describe(`${name} as a HistoryReader`, () => {
    let it: HistoryUnderTest
    beforeEach(async () => {
      it = await make()
    })
    afterEach(() => it.cleanup())

    test('a device without readings has none', async () => {
      expect(await it.history.recent(id('nobody'), 10)).toEqual([])
      expect(await it.history.newest([id('nobody')])).toEqual([])
      expect(await it.history.newest([])).toEqual([])
    })

    test('recent gives the newest by receipt first, of this device only, as many as asked', async () => {
      const mine = [0, 1, 2, 3].map((seq) => readingOf('a', { ts: T + seq * SECOND, seq }))
      await it.store([...mine, readingOf('A', { ts: T + HOUR }), readingOf('b', { ts: T + HOUR })])
      expect(await it.history.recent(id('a'), 3)).toEqual([mine[3], mine[2], mine[1]])
      expect(seqs(await it.history.recent(id('a'), 100))).toEqual([3, 2, 1, 0])
    })

    test('backfill that came in last is the most recent, however old its measurements', async () => {
      await it.store([
        readingOf('a', { ts: T, seq: 1 }),
        readingOf('a', { ts: T - 40 * DAY, receivedAt: T + SECOND, seq: 2 }),
        readingOf('a', { ts: T + 2 * SECOND, seq: 3 }),
        readingOf('a', { ts: T + HOUR, receivedAt: T - SECOND, seq: 4 }),
      ])
      expect(seqs(await it.history.recent(id('a'), 3))).toEqual([3, 2, 1])
      expect(seqs(await it.history.recent(id('a'), 9))).toEqual([3, 2, 1, 4])
    })

    test('of equal receipts the later measurement comes first, then the higher seq, then those without', async () => {
      await it.store([
        readingOf('a', { ts: T - 1, receivedAt: T, seq: 1 }),
        readingOf('a', { ts: T, receivedAt: T, seq: null }),
        readingOf('a', { ts: T, receivedAt: T, seq: 2 }),
        readingOf('a', { ts: T, receivedAt: T, seq: 3 }),
      ])
      expect(seqs(await it.history.recent(id('a'), 9))).toEqual([3, 2, null, 1])
    })

    test('of a backfill of one receipt the later measurements come first, however few are asked for', async () => {
      const backfill = Array.from({ length: 300 }, (_, seq) =>
        readingOf('a', { ts: T - DAY + seq * SECOND, receivedAt: T, seq }),
      )
      await it.store(backfill)
      expect(seqs(await it.history.recent(id('a'), 5))).toEqual([299, 298, 297, 296, 295])
      expect(seqs(await it.history.recent(id('a'), 120))).toEqual(seqs(backfill.slice(-120).reverse()))
    })

    test('recent is what sorting everything would give', async () => {
      const samples = fc.sample(
        fc.record({ readings: someReadings, limit: fc.integer({ min: 1, max: 20 }) }),
        60,
      )
      const made = samples.map(({ readings, limit }, sample) => ({
        limit,
        readings: readings.map(({ receivedAt, skew }, seq) =>
          readingOf(`device-${sample}`, { ts: receivedAt + skew, receivedAt, seq }),
        ),
      }))
      await it.store(made.flatMap((sample) => sample.readings))
      for (const [sample, { readings, limit }] of made.entries()) {
        const expected = [...readings].sort(byReceipt).slice(0, limit)
        expect(await it.history.recent(id(`device-${sample}`), limit)).toEqual(expected)
      }
    })

    test('newest gives one reading of each device that has any: the newest by its own time', async () => {
      await it.store([
        readingOf('a', { ts: T, receivedAt: T + DAY, seq: 1 }),
        readingOf('a', { ts: T + SECOND, receivedAt: T, seq: 2 }),
        readingOf('b', { ts: T - 40 * DAY, receivedAt: T, seq: 3 }),
        readingOf('c', { ts: T, receivedAt: T, seq: 4 }),
        readingOf('c', { ts: T, receivedAt: T + 1, seq: 3 }),
      ])
      const newest = await it.history.newest([id('a'), id('c'), id('nobody'), id('b'), id('a')])
      expect(newest.map((one) => `${one.deviceId}${one.seq}`).sort()).toEqual(['a2', 'b3', 'c3'])
    })
  })
}
