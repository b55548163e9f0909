/** What stands below the chart: times, and days where a day begins. */

export interface TimeLabels {
  /** Of ticks that are `stepMs` apart. */
  labels(ticks: readonly number[], stepMs: number): readonly string[]
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** `locale` and `timeZone`: undefined is the browser's own. */
export const createTimeLabels = (locale?: string, timeZone?: string): TimeLabels => {
  const zone = timeZone === undefined ? {} : { timeZone }
  const make = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { ...zone, ...options })
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const seconds = make({ ...clock, second: '2-digit' })
  const minutes = make(clock)
  const day = make({ day: 'numeric', month: 'short' })
  const midnight = new Intl.DateTimeFormat(locale, { ...clock, timeZone: 'UTC' }).format(0)

  return {
    labels: (ticks, stepMs) =>
      ticks.map((tick) => {
        if (stepMs >= DAY_MS) return day.format(tick)
        const time = minutes.format(tick)
        if (time === midnight && tick % MINUTE_MS === 0) return day.format(tick)
        return stepMs < MINUTE_MS ? seconds.format(tick) : time
      }),
  }
}
