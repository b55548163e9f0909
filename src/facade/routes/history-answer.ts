/** The answer of the history route as text, made a series at a time: the thread that makes it serves the boards too. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RangeSeries, unitOf } from '../../../bridge/index.ts'
import type { HistoryAnswer, ShownSeries } from '../contract/history.ts'

/** About a millisecond's worth. */
const POINTS_A_TURN = 2_000

const toShown = (series: RangeSeries): ShownSeries => {
  const { deviceId, metric, gapMs, t } = series
  const head = { deviceId, metric, unit: unitOf(metric) }
  if (series.bucketMs === null)
    return { ...head, source: 'raw', bucketMs: null, gapMs, t, value: series.value }
  const { source, bucketMs, count, min, max, avg, last } = series
  return { ...head, source, bucketMs, gapMs, t, count, min, max, avg, last }
}

/** The text but for its end, which tells how long it took. */
export const historyText = async (
  head: Omit<HistoryAnswer, 'series' | 'responseTime'>,
  all: readonly RangeSeries[],
): Promise<string> => {
  const texts: string[] = []
  let points = 0
  for (const series of all) {
    texts.push(JSON.stringify(toShown(series)))
    points += series.t.length
    if (points < POINTS_A_TURN) continue
    points = 0
    await nextTurn()
  }
  return `${JSON.stringify(head).slice(0, -1)},"series":[${texts.join(',')}]`
}

export const endOfText = (responseTime: number): string => `,"responseTime":${responseTime}}`
