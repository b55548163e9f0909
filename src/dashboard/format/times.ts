/** Spans and moments as they are read. Spans are in ms; what is in the future by the other clock is "now". */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const STEPS: readonly (readonly [number, string])[] = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
  [SECOND, 's'],
]

/** Such as `850 ms`, `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`: the two largest parts, seconds only below two minutes. */
export const formatSpan = (ms: number): string => {
  const span = Math.max(0, ms)
  if (span < SECOND) return `${Math.round(span)} ms`
  if (span < 2 * MINUTE) return `${Math.floor(span / SECOND)} s`
  const first = STEPS.findIndex(([size]) => span >= size)
  const [size, name] = STEPS[first] ?? [MINUTE, 'min']
  const whole = Math.floor(span / size)
  const [nextSize, nextName] = STEPS[first + 1] ?? [SECOND, 's']
  const rest = Math.floor((span - whole * size) / nextSize)
  const hasRest = rest > 0 && nextSize >= MINUTE
  return hasRest ? `${whole} ${name} ${rest} ${nextName}` : `${whole} ${name}`
}

/** Such as `now`, `12 s ago`, `3 min ago`. */
export const formatAgo = (ms: number): string => {
  if (ms < 1_500) return 'now'
  const span = Math.max(0, ms)
  const step = STEPS.find(([size]) => span >= size) ?? [SECOND, 's']
  return `${Math.floor(span / step[0])} ${step[1]} ago`
}

export interface MomentFormat {
  /** Such as `14:03:27`. */
  time(at: number): string
  /** Such as `3 Nov 2026, 14:03:27`. */
  moment(at: number): string
  /** Such as `3 Nov 2026`. */
  day(at: number): string
}

/** `locale` and `timeZone`: undefined is the browser's own. */
export const createMomentFormat = (locale?: string, timeZone?: string): MomentFormat => {
  const zone = timeZone === undefined ? {} : { timeZone }
  const time = new Intl.DateTimeFormat(locale, { ...zone, timeStyle: 'medium' })
  const moment = new Intl.DateTimeFormat(locale, { ...zone, dateStyle: 'medium', timeStyle: 'medium' })
  const day = new Intl.DateTimeFormat(locale, { ...zone, dateStyle: 'medium' })
  return {
    time: (at) => time.format(at),
    moment: (at) => moment.format(at),
    day: (at) => day.format(at),
  }
}

export const moments: MomentFormat = createMomentFormat()
