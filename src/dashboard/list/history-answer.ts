/** `GET /api/v1/history`, as far as sparklines read it. */
import type { SparkPoint } from './spark-series.ts'

interface Series {
  readonly deviceId: string
  readonly metric: string
  readonly t: readonly number[]
  /** Of buckets; null in a gap. */
  readonly avg?: readonly (number | null)[]
  /** Of single rows. */
  readonly value?: readonly (number | null)[]
}

export interface HistoryAnswer {
  readonly series: readonly Series[]
}

export const pointsOf = ({ t, avg, value }: Series): readonly SparkPoint[] => {
  const values = avg ?? value ?? []
  return t.flatMap((at, i) => {
    const one = values[i]
    return typeof one === 'number' ? [{ t: at, value: one }] : []
  })
}
