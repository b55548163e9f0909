/**
 * History over a range of time: what is asked, and what is answered. A series is one metric of one device; its points are
 * buckets, or the rows themselves where the range holds few.
 */
import { type DeviceId, METRICS, type MetricName } from './reading.ts'

/** Epoch ms, `to` exclusive. */
export interface Span {
  readonly from: number
  readonly to: number
}

export const RANGE_SOURCES = ['raw', 'minute', 'hour'] as const
export type RangeSource = (typeof RANGE_SOURCES)[number]

export interface RangeQuery extends Span {
  readonly deviceIds: readonly DeviceId[]
  /** Columns in the spelling of readings, and keys of custom. Undefined: every one that there is. */
  readonly metrics: readonly string[] | undefined
  /** About so many for each series; see `pointsOf`. */
  readonly points: number
}

interface SeriesHead {
  readonly deviceId: DeviceId
  readonly metric: string
  /** Neighbours that hold something and are farther apart than this have a gap between them. */
  readonly gapMs: number
  readonly t: readonly number[]
}

/** Every bucket from the first to the last that holds something; null and count 0 where there is nothing. */
export interface BucketSeries extends SeriesHead {
  /** The coarsest that was read. */
  readonly source: RangeSource
  readonly bucketMs: number
  readonly count: readonly number[]
  readonly min: readonly (number | null)[]
  readonly max: readonly (number | null)[]
  readonly avg: readonly (number | null)[]
  readonly last: readonly (number | null)[]
}

/** The rows themselves, oldest first; of the same time, in order of receipt. */
export interface RowSeries extends SeriesHead {
  readonly source: 'raw'
  readonly bucketMs: null
  readonly value: readonly number[]
}

export type RangeSeries = BucketSeries | RowSeries

export type RangeAnswer =
  | {
      readonly ok: true
      /** How many points a series of this answer was to have. */
      readonly points: number
      readonly series: readonly RangeSeries[]
    }
  /** More than MAX_SERIES of them: the question has to name some. */
  | { readonly ok: false; readonly series: number }

export const MAX_SERIES = 100
/** Of all series of an answer: it is made by the thread that serves the boards. */
export const MAX_TOTAL_POINTS = 50_000
/** Longer keys of custom are no metrics: so the rollups have it. */
export const MAX_METRIC_LENGTH = 200
/** Values from here on are left out everywhere: the sum of two could be no number. */
export const TOO_LARGE = 1e300

/** The points of one series when `series` of them share an answer. */
export const pointsOf = (points: number, series: number): number =>
  Math.max(1, Math.min(points, Math.floor(MAX_TOTAL_POINTS / Math.max(1, series))))

/** How many series a question may lead to, as far as the question tells. */
export const seriesAsked = ({ deviceIds, metrics }: RangeQuery): number =>
  deviceIds.length * (metrics?.length ?? METRICS.length)

const COLUMNS: ReadonlySet<string> = new Set(METRICS)

export const isMetricName = (metric: string): metric is MetricName => COLUMNS.has(metric)

/** The units boards send in; null: a number without one, or one of custom. */
export const unitOf = (metric: string): string | null => (isMetricName(metric) ? METRIC_UNITS[metric] : null)

const METRIC_UNITS: { readonly [metric in MetricName]: string | null } = {
  temperature: '°C',
  humidity: '%',
  distance: 'cm',
  lightLevel: null,
  pressure: 'hPa',
  altitude: 'm',
  co2Level: 'ppm',
}

const rankOf = (order: readonly string[], metric: string): number => {
  const rank = order.indexOf(metric)
  return rank < 0 ? order.length : rank
}

/** By device, then by metric, each as asked; columns before custom ones, those by name. */
export const compareSeries =
  ({ deviceIds, metrics = METRICS }: RangeQuery) =>
  (a: Pick<SeriesHead, 'deviceId' | 'metric'>, b: Pick<SeriesHead, 'deviceId' | 'metric'>): number =>
    deviceIds.indexOf(a.deviceId) - deviceIds.indexOf(b.deviceId) ||
    rankOf(metrics, a.metric) - rankOf(metrics, b.metric) ||
    (a.metric < b.metric ? -1 : 1)
