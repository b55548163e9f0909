/** What history over a range has to be, worked out of the rows one by one, without the code under test. */
import type { RangeQuery } from '../../bridge/core/range.ts'
import type { Reading } from '../../bridge/core/reading.ts'

const COLUMNS = [
  'temperature',
  'humidity',
  'distance',
  'lightLevel',
  'pressure',
  'altitude',
  'co2Level',
] as const
const S = 1_000
const M = 60 * S
const H = 60 * M
const D = 24 * H
const WIDTHS = [
  ...[1, 2, 5, 10, 15, 20, 30].map((n) => n * S),
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((n) => n * M),
  ...[1, 2, 3, 4, 6, 8, 12].map((n) => n * H),
  ...[1, 2, 7, 14, 30].map((n) => n * D),
]

const numberOf = (reading: Reading, metric: string): number | undefined => {
  const column = COLUMNS.find((name) => name === metric)
  const own = reading.custom !== null && Object.hasOwn(reading.custom, metric) ? reading.custom[metric] : null
  const value = column === undefined ? own : reading[column]
  return typeof value === 'number' && Math.abs(value) < 1e300 ? value : undefined
}

const newer = (a: Reading, b: Reading): number =>
  a.ts - b.ts || a.receivedAt - b.receivedAt || (a.seq ?? -1) - (b.seq ?? -1)

const bucketsOf = (rows: readonly { reading: Reading; value: number }[], width: number) => {
  const starts = rows.map(({ reading }) => Math.floor(reading.ts / width) * width)
  const [first, last] = [Math.min(...starts), Math.max(...starts)]
  const t = Array.from({ length: (last - first) / width + 1 }, (_, n) => first + n * width)
  const held = t.map((start) => rows.filter((_, n) => starts[n] === start).map(({ value }) => value))
  const orNull = (of: (values: readonly number[]) => number) =>
    held.map((v) => (v.length === 0 ? null : of(v)))
  return {
    t,
    count: held.map((values) => values.length),
    min: orNull((values) => Math.min(...values)),
    max: orNull((values) => Math.max(...values)),
    avg: orNull((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    last: orNull((values) => values.at(-1) ?? Number.NaN),
  }
}

/** Months whose readings were dropped, in epoch ms; `hours`: their minutes as well. */
export interface Gone {
  readonly from: number
  readonly to: number
  readonly hours: boolean
}

const overlaps = (query: RangeQuery, { from, to }: Gone): boolean => from < query.to && to > query.from

/** Of a month that is gone the range goes out to whole minutes or hours. */
const isIn = (query: RangeQuery, gone: readonly Gone[], width: number) => {
  const unit = width % H === 0 ? H : M
  return ({ ts }: Reading): boolean => {
    const isGone = gone.some((month) => overlaps(query, month) && ts >= month.from && ts < month.to)
    if (!isGone) return ts >= query.from && ts < query.to
    return ts >= Math.floor(query.from / unit) * unit && ts < Math.ceil(query.to / unit) * unit
  }
}

const leastOf = (query: RangeQuery, gone: readonly Gone[]): number => {
  const there = gone.filter((month) => overlaps(query, month))
  if (there.length === 0) return 0
  return there.some(({ hours }) => hours) ? H : M
}

const widthOf = ({ from, to }: RangeQuery, points: number, least: number): number => {
  const wanted = (to - from) / (points * 1.2)
  return WIDTHS.find((one) => one >= wanted && one >= least) ?? Math.ceil(wanted / (30 * D)) * 30 * D
}

/** The series of the answer but for `source` and `gapMs`; of rows alike in time, receipt and seq the greatest is last. */
export const expectedOf = (
  query: RangeQuery,
  all: readonly Reading[],
  gone: readonly Gone[] = [],
): readonly object[] => {
  const asked = query.metrics?.length ?? COLUMNS.length
  const points = Math.min(query.points, Math.floor(50_000 / (asked * query.deviceIds.length)))
  const least = leastOf(query, gone)
  const width = widthOf(query, points, least)
  return query.deviceIds.flatMap((deviceId) => {
    const inRange = all
      .filter((one) => one.deviceId === deviceId)
      .filter(isIn(query, gone, width))
      .sort(newer)
    const customKeys = [...new Set(inRange.flatMap(({ custom }) => Object.keys(custom ?? {})))]
      .filter((key) => !(COLUMNS as readonly string[]).includes(key) && key.length <= 200)
      .sort()
    return (query.metrics ?? [...COLUMNS, ...customKeys]).flatMap((metric): readonly object[] => {
      const rows = inRange
        .flatMap((reading) => {
          const value = numberOf(reading, metric)
          return value === undefined ? [] : [{ reading, value }]
        })
        .sort((a, b) => newer(a.reading, b.reading) || a.value - b.value)
      const head = { deviceId, metric }
      if (rows.length === 0)
        return query.metrics === undefined ? [] : [{ ...head, bucketMs: null, t: [], value: [] }]
      if (inRange.length <= points && least === 0)
        return [
          {
            ...head,
            bucketMs: null,
            t: rows.map(({ reading }) => reading.ts),
            value: rows.map(({ value }) => value),
          },
        ]
      return [{ ...head, bucketMs: width, ...bucketsOf(rows, width) }]
    })
  })
}
