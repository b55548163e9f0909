/** What was heard live of one device, by metric, as long as no answer holds it. */
import type { Latest } from '../answers.ts'
import { latestValues } from '../format/latest-values.ts'
import type { LiveValue } from './series-join.ts'

export interface LiveValues {
  /** Whether it was new. */
  add(latest: Latest): boolean
  of(metric: string): readonly LiveValue[]
  metrics(): readonly string[]
  /** Forgets what is not after this moment. */
  dropUntil(moment: number): void
}

/** While no history can be had: at four a second, well over half an hour. */
const MOST = 10_000
const NONE: readonly LiveValue[] = []

export const createLiveValues = (): LiveValues => {
  const byMetric = new Map<string, LiveValue[]>()
  let newest = Number.NEGATIVE_INFINITY

  return {
    add: (latest) => {
      if (latest.ts <= newest) return false
      newest = latest.ts
      for (const [metric, value] of latestValues(latest)) {
        const values = byMetric.get(metric) ?? []
        if (values.length === 0) byMetric.set(metric, values)
        values.push({ t: latest.ts, value })
        if (values.length > MOST) values.splice(0, values.length - MOST)
      }
      return true
    },
    of: (metric) => byMetric.get(metric) ?? NONE,
    metrics: () => [...byMetric.keys()],
    dropUntil: (moment) => {
      for (const [metric, values] of byMetric) {
        const left = values.filter(({ t }) => t > moment)
        if (left.length === 0) byMetric.delete(metric)
        else byMetric.set(metric, left)
      }
    },
  }
}
