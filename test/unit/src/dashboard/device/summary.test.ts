import { describe, expect, test } from '@jest/globals'
import { chartColumns } from '../../../../../src/dashboard/device/chart-columns.ts'
import { cellOf, type Line } from '../../../../../src/dashboard/device/series-join.ts'
import { summaryOf, trendAmount } from '../../../../../src/dashboard/device/summary.ts'
import { summarySentence, trendWords } from '../../../../../src/dashboard/device/summary-words.ts'

const HOUR = 3_600_000
const rows = (...values: readonly (readonly [t: number, value: number])[]): Line => ({
  bucketMs: null,
  gapMs: HOUR,
  cells: values.map(([t, value]) => cellOf(t, value)),
})
const ALL = { from: 0, to: 100 * HOUR }

describe('the figures of a line', () => {
  test('are of what is within the span alone', () => {
    const line = rows([0, 100], [HOUR, 1], [2 * HOUR, 3], [3 * HOUR, 500])
    expect(summaryOf(line, { from: HOUR, to: 3 * HOUR })).toMatchObject({
      count: 2,
      min: 1,
      max: 3,
      avg: 2,
      last: 3,
      lastAt: 2 * HOUR,
    })
  })

  test('weigh each bucket by what it holds', () => {
    const bucket = { until: HOUR - 1, min: 0, max: 9, last: 1 }
    const line: Line = {
      bucketMs: HOUR,
      gapMs: 2 * HOUR,
      cells: [
        { ...bucket, t: 0, count: 9, avg: 1 },
        { ...bucket, t: HOUR, until: 2 * HOUR - 1, count: 1, avg: 11 },
      ],
    }
    expect(summaryOf(line, ALL)?.avg).toBeCloseTo(2)
  })

  test('are not there without values', () => {
    expect(summaryOf(rows(), ALL)).toBeUndefined()
    expect(summaryOf(rows([0, 1]), { from: HOUR, to: 2 * HOUR })).toBeUndefined()
  })
})

describe('the trend', () => {
  test('is the slope of the straight line through the values', () => {
    const trend = summaryOf(rows([0, 10], [HOUR, 12], [2 * HOUR, 14]), ALL)?.trend
    expect(trend?.word).toBe('rising')
    expect(trend?.perHour).toBeCloseTo(2)
  })

  test('is steady where what changes is small beside the spread', () => {
    const swinging = rows([0, 0], [HOUR, 10], [2 * HOUR, 0], [3 * HOUR, 10], [4 * HOUR, 0])
    expect(summaryOf(swinging, ALL)?.trend?.word).toBe('steady')
    expect(summaryOf(rows([0, 5], [HOUR, 5], [2 * HOUR, 5]), ALL)?.trend?.word).toBe('steady')
  })

  test('is not told of fewer than three values', () => {
    expect(summaryOf(rows([0, 1], [HOUR, 2]), ALL)?.trend).toBeUndefined()
  })

  test('is told by the hour, where days are shown by the day', () => {
    const trend = { word: 'falling', perHour: -0.5 } as const
    expect(trendAmount(trend, { from: 0, to: HOUR })).toEqual([0.5, 'h'])
    expect(trendAmount(trend, { from: 0, to: 72 * HOUR })).toEqual([12, 'd'])
    expect(trendWords('temperature', trend, { from: 0, to: HOUR })).toBe('falling 0.5 °C/h')
    expect(trendWords('lightLevel', trend, { from: 0, to: HOUR })).toBe('falling 0.5/h')
  })
})

test('one sentence says what the chart shows', () => {
  const range = { kind: 'last', ms: HOUR } as const
  const told = { metric: 'temperature', range, span: ALL }
  const line = rows([0, 10], [HOUR, 12], [2 * HOUR, 14])
  expect(summarySentence(told, summaryOf(line, ALL))).toBe(
    'Temperature in the last 1 h: 14.0 °C at the end, between 10.0 °C and 14.0 °C, 12.0 °C on average, rising 48 °C/d.',
  )
  expect(summarySentence(told, undefined)).toBe('Temperature in the last 1 h: no readings.')
})

describe('the columns of the chart', () => {
  test('have nothing between two values that are farther apart than the gap', () => {
    const line = rows([0, 1], [HOUR, 2], [3 * HOUR, 3])
    expect(chartColumns(line, ALL)).toEqual([
      [0, HOUR, 2 * HOUR, 3 * HOUR],
      [null, null, null, null],
      [null, null, null, null],
      [1, 2, null, 3],
    ])
  })

  test('hold one value more on either side of the span, so that the line goes on to the edges', () => {
    const line = rows([0, 1], [1_000, 2], [2_000, 3], [3_000, 4], [4_000, 5])
    expect(chartColumns(line, { from: 1_500, to: 2_500 })[0]).toEqual([1_000, 2_000, 3_000])
  })

  test('show a bucket in its middle, and one that is still open at its newest value', () => {
    const bucket = { count: 2, min: 1, max: 3, avg: 2, last: 3 }
    const line: Line = {
      bucketMs: 1_000,
      gapMs: 1_500,
      cells: [
        { ...bucket, t: 0, until: 999 },
        { ...bucket, t: 1_000, until: 1_200 },
      ],
    }
    expect(chartColumns(line, ALL)).toEqual([
      [500, 1_200],
      [1, 1],
      [3, 3],
      [2, 2],
    ])
  })
})
