/** What the tables of readings hold, as Postgres tells it, in the words of cut-range.ts. */
import type { Coverage } from './cut-range.ts'
import type { Span } from './range.ts'

/** One row of what postgres-range-sql.ts asks first. Times in epoch ms. */
export interface RangeState {
  readonly minute_from: number
  readonly minute_to: number
  readonly hour_to: number
  /** `2026_08`, and whether its minutes were dropped as well. */
  readonly dropped: readonly (readonly [month: string, minutes: boolean])[]
  /**
   * Tables with rows that came for a dropped month and are being added to its minutes and hours (rollup-late-months.ts):
   * name, month, and those of the devices whose rows are not added yet.
   */
  readonly late: readonly (readonly [table: string, month: string, deviceIds: readonly string[] | null])[]
  readonly series: readonly (readonly [deviceId: string, metric: string, id: number])[]
  readonly marks: readonly (readonly [deviceId: string, hour: number])[]
  /** Rows in the range, of each device as asked; counted to a bound. */
  readonly rows: readonly number[]
}

/** The span of `2026_08`. */
export const monthSpan = (name: string): Span => {
  const [year, month] = name.split('_').map(Number)
  const at = (offset: number): number => Date.UTC(year ?? 0, (month ?? 1) - 1 + offset, 1)
  return { from: at(0), to: at(1) }
}

export const coverageOf = (state: RangeState): Coverage => ({
  minuteFrom: Math.round(state.minute_from),
  minuteTo: Math.round(state.minute_to),
  hourTo: Math.round(state.hour_to),
  rawGone: state.dropped.map(([month]) => monthSpan(month)),
  minutesGone: state.dropped.filter(([, minutes]) => minutes).map(([month]) => monthSpan(month)),
})
