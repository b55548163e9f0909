/** What the tables of readings hold, as Postgres tells it, in the words of cut-range.ts. */
import type { Coverage } from './cut-range.ts'
import type { Span } from './range.ts'

/** One row of what postgres-range-sql.ts asks first. Times in epoch ms. */
export interface RangeState {
  readonly minute_from: number
  readonly minute_to: number
  readonly hour_to: number
  /** Names of months: `2026_08`, also as the end of a partition's name. */
  readonly dropped: readonly string[]
  /** Where the oldest partition of minutes begins; null without any. */
  readonly oldest_minute: number | null
  readonly series: readonly (readonly [deviceId: string, metric: string, id: number])[]
  readonly marks: readonly (readonly [deviceId: string, hour: number])[]
  /** Rows in the range, of each device as asked; counted to a bound. */
  readonly rows: readonly number[]
}

const MONTH = /(\d{4})[_-](\d{2})$/

const monthSpan = (name: string): readonly Span[] => {
  const [, year, month] = MONTH.exec(name) ?? []
  if (year === undefined) return []
  const at = (offset: number): number => Date.UTC(Number(year), Number(month) - 1 + offset, 1)
  return [{ from: at(0), to: at(1) }]
}

export const coverageOf = (state: RangeState): Coverage => ({
  minuteFrom: Math.round(state.minute_from),
  minuteTo: Math.round(state.minute_to),
  hourTo: Math.round(state.hour_to),
  rawGone: state.dropped.flatMap(monthSpan),
  minutesGoneTo: state.oldest_minute ?? Number.POSITIVE_INFINITY,
})
