/** Which stretch of time the rollups do next, and how much of it at once. Times are epoch ms. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

export interface Slice {
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

export const hourOf = (time: number): number => Math.floor(time / HOUR_MS) * HOUR_MS

const monthStart = (time: number, ahead = 0): number => {
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1)
}

/** The month that a time lies in. */
export const monthAround = (time: number): Slice => ({ from: monthStart(time), to: monthStart(time, 1) })

/** The next slice forward, at most `longest` and in one month; undefined when all is done up to `to`. */
export const sliceAfter = (from: number, to: number, longest: number): Slice | undefined =>
  from >= to ? undefined : { from, to: Math.min(to, from + longest, monthStart(from, 1)) }

/** The next slice backward of whole hours, at most `longest` and in one month; undefined when `oldest` is in one. */
export const sliceBefore = (to: number, oldest: number, longest: number): Slice | undefined => {
  if (oldest >= to) return undefined
  return { from: Math.max(hourOf(oldest), to - longest, monthStart(to - 1)), to }
}

export interface SizeLimits {
  readonly least: number
  readonly most: number
  /** A piece should take about so long. */
  readonly targetMs: number
}

/** The size of the next piece of work, after one of `size` took so long. */
export const nextSize = (size: number, tookMs: number, { least, most, targetMs }: SizeLimits): number => {
  const factor = Math.max(0.25, Math.min(2, targetMs / Math.max(tookMs, 1)))
  return Math.max(least, Math.min(most, Math.round(size * factor)))
}
