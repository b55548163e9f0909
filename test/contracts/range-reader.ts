import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { RangeAnswer, RangeQuery, RangeSeries } from '../../bridge/core/range.ts'
import type { Reading } from '../../bridge/core/reading.ts'
import type { RangeReader } from '../../bridge/ports.ts'
import { id, readingOf } from './sink-rows.ts'

/** An empty store that `store` adds readings to. */
export interface RangeUnderTest {
  readonly range: RangeReader
  store(readings: readonly Reading[]): Promise<void>
  cleanup(): Promise<void>
}

const T = Date.UTC(2026, 10, 23, 3)
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const seriesOf = (answer: RangeAnswer): readonly RangeSeries[] => {
  if (!answer.ok) throw new Error(`${answer.series} series are too many`)
  return answer.series
}

/** What every RangeReader must do. */
export const rangeReaderContract = (name: string, make: () => Promise<RangeUnderTest>): void => {
  describe(`${name} as a RangeReader`, () => {
    let it: RangeUnderTest
    beforeEach(async () => {
      it = await make()
    })
    afterEach(() => it.cleanup())

    const ask = async (fields: Partial<RangeQuery>): Promise<readonly RangeSeries[]> =>
      seriesOf(
        await it.range.read({
          deviceIds: [id('a')],
          metrics: undefined,
          from: T,
          to: T + HOUR,
          points: 60,
          ...fields,
        }),
      )

    test('a device without readings has no series, and an empty one of each metric that is named', async () => {
      await it.store([readingOf('b', { ts: T, temperature: 1 })])
      expect(await ask({})).toEqual([])
      expect(await ask({ metrics: ['humidity', 'rpm'] })).toMatchObject([
        { deviceId: 'a', metric: 'humidity', t: [] },
        { deviceId: 'a', metric: 'rpm', t: [] },
      ])
    })

    test('few rows are told themselves, from the start of the range up to before its end, in order of time', async () => {
      await it.store([
        readingOf('a', { ts: T + HOUR - 1, temperature: 4 }),
        readingOf('a', { ts: T + HOUR, temperature: 5 }),
        readingOf('a', { ts: T, receivedAt: T + HOUR, temperature: 1, custom: { rpm: 0.1, on: true } }),
        readingOf('a', { ts: T - 1, temperature: 0 }),
        readingOf('a', { ts: T, receivedAt: T + HOUR + 1, lightLevel: 7, temperature: 2 }),
      ])
      expect(await ask({})).toMatchObject([
        { metric: 'temperature', source: 'raw', bucketMs: null, t: [T, T, T + HOUR - 1], value: [1, 2, 4] },
        { metric: 'lightLevel', t: [T], value: [7] },
        { metric: 'rpm', t: [T], value: [0.1] },
      ])
    })

    test('of one time and receipt, seq is the order, and those without come first', async () => {
      const same = [2, null, 1].map((seq) => readingOf('a', { ts: T, seq, temperature: seq ?? 0 }))
      await it.store(same)
      expect(await ask({})).toMatchObject([{ value: [0, 1, 2] }])
    })

    test('more rows than points are told in buckets: count, min, max, avg, last, and gaps', async () => {
      const at = [0, 20, 40, 60, 61, 200, 201]
      await it.store(
        at.map((s) => readingOf('a', { ts: T + s * SECOND, temperature: s, custom: { rpm: 1 - s } })),
      )
      const t = [0, 1, 2, 3].map((minute) => T + minute * MINUTE)
      expect(await ask({ points: 6, to: T + 5 * MINUTE })).toMatchObject([
        {
          ...{
            metric: 'temperature',
            bucketMs: MINUTE,
            t,
            count: [3, 2, 0, 2],
            avg: [20, 60.5, null, 200.5],
          },
          ...{ min: [0, 60, null, 200], max: [40, 61, null, 201], last: [40, 61, null, 201] },
        },
        {
          metric: 'rpm',
          min: [-39, -60, null, -200],
          max: [1, -59, null, -199],
          last: [-39, -60, null, -200],
        },
      ])
    })

    test('last is of the newest time, then of the newest receipt, then of the highest seq', async () => {
      const many = Array.from({ length: 61 }, (_, n) => readingOf('a', { ts: T + n, humidity: n }))
      const last = { ts: T + 100, receivedAt: T + 500 }
      await it.store([
        readingOf('a', { ...last, seq: 2, humidity: 3 }),
        readingOf('a', { ...last, seq: 9, humidity: 1 }),
        readingOf('a', { ...last, seq: null, humidity: 4 }),
        readingOf('a', { ...last, receivedAt: T + 499, seq: 10, humidity: 5 }),
        readingOf('a', { ts: T + 99, receivedAt: T + 600, humidity: 6 }),
        ...many,
      ])
      expect(await ask({ metrics: ['humidity'] })).toMatchObject([{ count: [66], last: [1] }])
    })

    test('values of 1e300 and more are left out, whatever their sign', async () => {
      const values = [1e300, -1e300, 1.7e308, 9e299, 9e299, null]
      await it.store(
        values.map((pressure, n) => readingOf('a', { ts: T + n, pressure, custom: { big: 1e301 } })),
      )
      expect(await ask({})).toMatchObject([{ metric: 'pressure', value: [9e299, 9e299] }])
      expect(await ask({ points: 1 })).toMatchObject([{ metric: 'pressure', count: [2], avg: [9e299] }])
    })

    test('several devices and metrics come in the order they were asked for', async () => {
      const readings = ['a', 'b', 'c'].map((device) =>
        readingOf(device, { ts: T, temperature: 1, humidity: 2, custom: { z: 3, y: 4 } }),
      )
      await it.store(readings)
      const order = (series: readonly RangeSeries[]) =>
        series.map(({ deviceId, metric }) => `${deviceId} ${metric}`)
      const deviceIds = [id('c'), id('a')]
      expect(order(await ask({ deviceIds, metrics: ['z', 'humidity'] }))).toEqual([
        ...['c z', 'c humidity', 'a z', 'a humidity'],
      ])
      expect(order(await ask({ deviceIds }))).toEqual([
        ...['c temperature', 'c humidity', 'c y', 'c z', 'a temperature', 'a humidity', 'a y', 'a z'],
      ])
    })

    test('a device with few rows is told in rows beside one with many', async () => {
      const many = Array.from({ length: 100 }, (_, n) =>
        readingOf('b', { ts: T + n * SECOND, temperature: n }),
      )
      await it.store([readingOf('a', { ts: T, temperature: 1 }), ...many])
      const series = await ask({ deviceIds: [id('a'), id('b')], metrics: ['temperature'] })
      expect(series.map(({ bucketMs }) => bucketMs)).toEqual([null, MINUTE])
    })

    test('keys of custom count as what they are, however they are called', async () => {
      const custom = { "it's": 1, 'a"b': 2, 'ключ {1,2}': 3, NULL: 4, ['k'.repeat(200)]: 5 }
      await it.store([
        readingOf('a', { ts: T, custom: { ...custom, ['k'.repeat(201)]: 6 } }),
        readingOf('a', { ts: T + 1, custom }),
      ])
      const metrics = Object.keys(custom)
      expect(await ask({ metrics })).toMatchObject([1, 2, 3, 4, 5].map((n) => ({ value: [n, n] })))
      expect(await ask({ metrics, points: 1 })).toMatchObject([1, 2, 3, 4, 5].map((n) => ({ last: [n] })))
      expect(await ask({})).toHaveLength(5)
      expect(await ask({ points: 1 })).toHaveLength(5)
    })
  })
}
