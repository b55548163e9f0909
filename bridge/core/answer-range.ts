/** What holds for every answer over a range, wherever its series come from: how many points, which series, their order. */
import {
  compareSeries,
  MAX_SERIES,
  pointsOf,
  type RangeAnswer,
  type RangeQuery,
  type RangeSeries,
  seriesAsked,
} from './range.ts'
import { EMPTY_ROWS } from './range-grid.ts'

/** Those found, and an empty one for every metric that was asked for by name and has nothing. */
export const completeSeries = (query: RangeQuery, found: readonly RangeSeries[]): readonly RangeSeries[] => {
  const named = query.deviceIds.flatMap((deviceId) =>
    (query.metrics ?? []).map((metric) => ({ deviceId, metric })),
  )
  const keyOf = ({ deviceId, metric }: { deviceId: string; metric: string }): string =>
    JSON.stringify([deviceId, metric])
  const known = new Set(found.map(keyOf))
  const empty = named
    .filter((one) => !known.has(keyOf(one)))
    .map((one) => ({ ...one, source: 'raw' as const, bucketMs: null, ...EMPTY_ROWS }))
  return [...found, ...empty].sort(compareSeries(query))
}

/**
 * The answer to a question: `ask` gives the series with so many points each. Asked again with fewer when there
 * are more series than the question told, and they would be too much together.
 */
export const answerOf = async (
  query: RangeQuery,
  ask: (points: number) => Promise<readonly RangeSeries[]>,
): Promise<RangeAnswer> => {
  const points = pointsOf(query.points, seriesAsked(query))
  const found = await ask(points)
  if (found.length > MAX_SERIES) return { ok: false, series: found.length }
  const fewer = pointsOf(query.points, found.length)
  if (fewer >= points) return { ok: true, points, series: completeSeries(query, found) }
  return { ok: true, points: fewer, series: completeSeries(query, await ask(fewer)) }
}
