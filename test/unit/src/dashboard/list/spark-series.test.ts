import { describe, expect, test } from '@jest/globals'
import { joined, sparkPath, withValue } from '../../../../../src/dashboard/list/spark-series.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = 1_795_400_040_000
const BOX = { width: 60, height: 20 }

describe('the points of a sparkline', () => {
  test('are one a minute: the last value of it', () => {
    const points = [1, 2, 3].reduce(
      (all, value, i) => withValue(all, START + i * 20_000, value),
      withValue([], 0, 0),
    )
    expect(points).toEqual([{ t: START, value: 3 }])
  })

  test('go back an hour', () => {
    let points = withValue([], START, 0)
    for (let i = 1; i <= 90; i++) points = withValue(points, START + i * MINUTE, i)
    expect(points).toHaveLength(61)
    expect(points[0]?.value).toBe(30)
  })

  test('a late value changes nothing', () => {
    const points = withValue([], START, 1)
    expect(withValue(points, START - 2 * MINUTE, 9)).toBe(points)
  })

  test('what came live goes on where history ends', () => {
    const history = [0, 1, 2].map((i) => ({ t: START + i * MINUTE, value: i }))
    const live = [2, 3].map((i) => ({ t: START + i * MINUTE, value: 10 * i }))
    expect(joined(history, live).map(({ value }) => value)).toEqual([0, 1, 2, 30])
    expect(joined([], live)).toEqual(live)
  })
})

describe('the line', () => {
  test('is none below two points', () => {
    expect(sparkPath([], START, BOX)).toBe('')
    expect(sparkPath([{ t: START, value: 1 }], START, BOX)).toBe('')
  })

  test('ends at the right edge now, and at the top where the value is greatest', () => {
    const points = [0, 1].map((i) => ({ t: START + i * MINUTE, value: i }))
    expect(sparkPath(points, START + MINUTE, BOX)).toBe('M59.0 18.0L60.0 2.0')
  })

  test('is in the middle when nothing changes', () => {
    const points = [0, 1].map((i) => ({ t: START + i * MINUTE, value: 7 }))
    expect(sparkPath(points, START + MINUTE, BOX)).toBe('M59.0 10.0L60.0 10.0')
  })

  test('is broken where nothing came', () => {
    const points = [0, 1, 30, 31].map((i) => ({ t: START + i * MINUTE, value: i }))
    expect(sparkPath(points, START + 31 * MINUTE, BOX).match(/M/g)).toHaveLength(2)
  })

  test('leaves out what is older than an hour', () => {
    const points = [0, 1, 59, 60].map((i) => ({ t: START + i * MINUTE, value: i }))
    expect(sparkPath(points, START + HOUR + 2 * MINUTE, BOX).match(/[ML]/g)).toHaveLength(2)
  })
})
