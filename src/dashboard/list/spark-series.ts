/** The last hour of one metric of one device, a point a minute, and the line through it. Pure. */

export interface SparkPoint {
  /** Epoch ms: the beginning of its minute. */
  readonly t: number
  readonly value: number
}

export const SPARK_SPAN_MS = 3_600_000
const BUCKET_MS = 60_000
/** Neighbours farther apart have a gap between them. */
const GAP_MS = 5 * BUCKET_MS

const bucketOf = (t: number): number => Math.floor(t / BUCKET_MS) * BUCKET_MS

const within = (points: readonly SparkPoint[], now: number): readonly SparkPoint[] => {
  const first = points.findIndex(({ t }) => t >= now - SPARK_SPAN_MS)
  if (first === 0) return points
  return first === -1 ? [] : points.slice(first)
}

/** After a value of now: the last one of a minute stands for it. A late one changes nothing. */
export const withValue = (
  points: readonly SparkPoint[],
  at: number,
  value: number,
): readonly SparkPoint[] => {
  const t = bucketOf(at)
  const last = points.at(-1)
  if (last !== undefined && t < last.t) return points
  const before = last?.t === t ? points.slice(0, -1) : points
  return [...within(before, at), { t, value }]
}

/** What history tells, and behind it what came live. */
export const joined = (
  history: readonly SparkPoint[],
  live: readonly SparkPoint[],
): readonly SparkPoint[] => {
  const end = history.at(-1)?.t ?? Number.NEGATIVE_INFINITY
  return [...history, ...live.filter(({ t }) => t > end)]
}

export interface Box {
  readonly width: number
  readonly height: number
}

const MARGIN = 2

/** An SVG path, broken at gaps; empty below two points. The right edge is `now`. */
export const sparkPath = (points: readonly SparkPoint[], now: number, { width, height }: Box): string => {
  const shown = within(points, now)
  if (shown.length < 2) return ''
  const values = shown.map(({ value }) => value)
  const low = Math.min(...values)
  const span = Math.max(...values) - low
  const x = (t: number): number => Math.max(0, width - ((bucketOf(now) - t) / SPARK_SPAN_MS) * width)
  const y = (value: number): number =>
    span === 0 ? height / 2 : height - MARGIN - ((value - low) / span) * (height - 2 * MARGIN)
  let path = ''
  let before = Number.NEGATIVE_INFINITY
  for (const { t, value } of shown) {
    path += `${t - before > GAP_MS ? 'M' : 'L'}${x(t).toFixed(1)} ${y(value).toFixed(1)}`
    before = t
  }
  return path
}
