import { describe, expect, test } from '@jest/globals'
import { MAX_TOTAL_POINTS, type RangeQuery, unitOf } from '../../../../bridge/core/range.ts'
import { answerOfReadings, numbersOf } from '../../../../bridge/core/range-of-readings.ts'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { deviceId, readingOf } from '../../../support/readings.ts'

const T = Date.UTC(2026, 10, 23, 3)
const query = (fields: Partial<RangeQuery> = {}): RangeQuery => ({
  deviceIds: [deviceId('a')],
  metrics: undefined,
  from: T,
  to: T + 600_000,
  points: 10,
  ...fields,
})
const answer = (readings: readonly Reading[], fields: Partial<RangeQuery> = {}) =>
  answerOfReadings(query(fields), async (id) => readings.filter((reading) => reading.deviceId === id))

describe('the answer over a range', () => {
  test('of few readings is the readings, by their own time, its end left out', async () => {
    const readings = [
      readingOf('a', T + 120_000, { temperature: 3 }),
      readingOf('a', T, { temperature: 1, custom: { rpm: 7, note: 'x' } }),
      readingOf('a', T + 60_000, { humidity: 40 }),
      readingOf('a', T + 600_000, { temperature: 9 }),
    ]
    expect(await answer(readings)).toEqual({
      ok: true,
      points: 10,
      series: [
        {
          deviceId: 'a',
          metric: 'temperature',
          source: 'raw',
          bucketMs: null,
          gapMs: 360_000,
          t: [T, T + 120_000],
          value: [1, 3],
        },
        {
          deviceId: 'a',
          metric: 'humidity',
          source: 'raw',
          bucketMs: null,
          gapMs: 1_000,
          t: [T + 60_000],
          value: [40],
        },
        { deviceId: 'a', metric: 'rpm', source: 'raw', bucketMs: null, gapMs: 1_000, t: [T], value: [7] },
      ],
    })
  })

  test('of more is buckets, with gaps between the first and the last that hold something', async () => {
    const at = [0, 1, 2, 3, 60, 61, 240, 241, 242, 243, 244]
    const readings = at.map((s) => readingOf('a', T + s * 1000, { temperature: s }))
    expect(await answer(readings)).toMatchObject({
      series: [
        {
          bucketMs: 60_000,
          t: [0, 1, 2, 3, 4].map((m) => T + m * 60_000),
          count: [4, 2, 0, 0, 5],
          min: [0, 60, null, null, 240],
          max: [3, 61, null, null, 244],
          avg: [1.5, 60.5, null, null, 242],
          last: [3, 61, null, null, 244],
        },
      ],
    })
  })

  test('of one time, the last received is last', async () => {
    const same = Array.from({ length: 11 }, (_, seq) => readingOf('a', T, { seq, temperature: seq }))
    const late = readingOf('a', T + 5, { ts: T, temperature: 99, seq: 0 })
    expect(await answer([late, ...same])).toMatchObject({ series: [{ count: [12], last: [99] }] })
  })

  test('has an empty series for each metric that was asked for by name', async () => {
    const readings = [readingOf('b', T, { temperature: 1 })]
    const { series } = (await answer(readings, {
      deviceIds: [deviceId('b'), deviceId('a')],
      metrics: ['rpm', 'temperature'],
    })) as { series: readonly { deviceId: string; metric: string; t: readonly number[] }[] }
    expect(series.map(({ deviceId: id, metric, t }) => [id, metric, t.length])).toEqual([
      ['b', 'rpm', 0],
      ['b', 'temperature', 1],
      ['a', 'rpm', 0],
      ['a', 'temperature', 0],
    ])
  })

  test('has at most 50,000 points in all', async () => {
    const custom = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`m${n}`, n]))
    const readings = Array.from({ length: 1_000 }, (_, s) => readingOf('a', T + s * 600, { custom }))
    const { points, series } = (await answer(readings, { points: 5_000 })) as {
      points: number
      series: readonly { t: readonly number[] }[]
    }
    expect(points).toBe(Math.floor(MAX_TOTAL_POINTS / 64))
    expect(series.reduce((sum, { t }) => sum + t.length, 0)).toBeLessThanOrEqual(MAX_TOTAL_POINTS)
  })

  test('of more than 100 series is none', async () => {
    const custom = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`m${n}`, n]))
    const readings = ['a', 'b'].map((device) => readingOf(device, T, { custom }))
    const answered = await answer(readings, { deviceIds: [deviceId('a'), deviceId('b')] })
    expect(answered).toEqual({ ok: false, series: 120 })
  })
})

test('numbers of a reading are its metrics and the numbers of custom, but for what is too large or long', () => {
  const custom = { rpm: 1, text: 'x', deep: { a: 1 }, huge: 1e300, ['k'.repeat(201)]: 1, temperature: 5 }
  expect(numbersOf(readingOf('a', T, { temperature: 0, pressure: -1e301, custom }))).toEqual([
    ['temperature', 0],
    ['rpm', 1],
  ])
})

test('a unit is told of what has one', () => {
  expect([unitOf('temperature'), unitOf('lightLevel'), unitOf('rpm')]).toEqual(['°C', null, null])
})
