/** History over a range out of readings in memory. */
import { answerOf } from './answer-range.ts'
import { bucketStart, bucketWidth } from './bucket-width.ts'
import {
  isMetricName,
  MAX_METRIC_LENGTH,
  type RangeAnswer,
  type RangeQuery,
  type RangeSeries,
  TOO_LARGE,
} from './range.ts'
import { gapOfRows, gridOf, type Partials } from './range-grid.ts'
import { type DeviceId, METRICS, type Reading } from './reading.ts'

/** What of a reading is history: its numbers by metric. */
export const numbersOf = (reading: Reading): readonly (readonly [metric: string, value: number])[] => {
  const custom = Object.entries(reading.custom ?? {}).filter(
    ([key]) => !isMetricName(key) && key.length <= MAX_METRIC_LENGTH,
  )
  const all = [...METRICS.map((metric) => [metric, reading[metric]] as const), ...custom]
  return all.flatMap(([metric, value]) =>
    typeof value === 'number' && Math.abs(value) < TOO_LARGE ? [[metric, value] as const] : [],
  )
}

const byTime = (a: Reading, b: Reading): number =>
  a.ts - b.ts || a.receivedAt - b.receivedAt || (a.seq ?? -1) - (b.seq ?? -1)

interface Row {
  readonly ts: number
  readonly value: number
}

const rowsByMetric = (
  readings: readonly Reading[],
  metrics: readonly string[] | undefined,
): ReadonlyMap<string, readonly Row[]> => {
  const rows = new Map<string, Row[]>()
  for (const reading of readings) {
    for (const [metric, value] of numbersOf(reading)) {
      if (metrics !== undefined && !metrics.includes(metric)) continue
      const known = rows.get(metric)
      if (known === undefined) rows.set(metric, [{ ts: reading.ts, value }])
      else known.push({ ts: reading.ts, value })
    }
  }
  return rows
}

/** Each row as a part of its own: the grid adds them up. */
const partialsOf = (rows: readonly Row[], widthMs: number): Partials => {
  const values = rows.map(({ value }) => value)
  return {
    bucket: rows.map(({ ts }) => bucketStart(ts, widthMs)),
    count: rows.map(() => 1),
    ...{ sum: values, min: values, max: values, last: values },
    lastMs: rows.map(({ ts }) => ts),
  }
}

interface Shape {
  readonly deviceId: DeviceId
  /** Null: the rows themselves. */
  readonly bucketMs: number | null
}

const toSeries = (metric: string, rows: readonly Row[], { deviceId, bucketMs }: Shape): RangeSeries => {
  const head = { deviceId, metric, source: 'raw' as const }
  if (bucketMs !== null) return { ...head, bucketMs, ...gridOf([partialsOf(rows, bucketMs)], bucketMs) }
  const t = rows.map(({ ts }) => ts)
  return { ...head, bucketMs, gapMs: gapOfRows(t), t, value: rows.map(({ value }) => value) }
}

const deviceSeries = (
  query: RangeQuery,
  deviceId: DeviceId,
  { readings, points }: { readonly readings: readonly Reading[]; readonly points: number },
): readonly RangeSeries[] => {
  const inRange = readings.filter(({ ts }) => ts >= query.from && ts < query.to).sort(byTime)
  const bucketMs = inRange.length <= points ? null : bucketWidth(query, points)
  return [...rowsByMetric(inRange, query.metrics)].map(([metric, rows]) =>
    toSeries(metric, rows, { deviceId, bucketMs }),
  )
}

/** What `readings` gives of each device, whatever else it gives, as an answer. */
export const answerOfReadings = (
  query: RangeQuery,
  readings: (deviceId: DeviceId) => Promise<readonly Reading[]>,
): Promise<RangeAnswer> =>
  answerOf(query, async (points) => {
    const lists = await Promise.all(
      query.deviceIds.map(async (deviceId) =>
        deviceSeries(query, deviceId, { readings: await readings(deviceId), points }),
      ),
    )
    return lists.flat()
  })
