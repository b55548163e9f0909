/** When something that fills up will be full, should it go on as it did of late. */
export interface ForecastOptions {
  readonly used: () => number
  readonly max: number
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
  /** The growth is that since a look about this long ago, or since the first one. */
  readonly windowMs?: number
}

interface Look {
  readonly at: number
  readonly used: number
}

const LOOKS_IN_WINDOW = 12

/**
 * Returns a function that looks now and says how many seconds are left: 0 when it is full, Infinity when it
 * does not grow or was looked at only once. It remembers a few looks, however often it is asked.
 */
export const createForecast = (options: ForecastOptions): (() => number) => {
  const { used, max, monotonic, windowMs = 60_000 } = options
  let looks: readonly Look[] = []

  return () => {
    const now: Look = { at: monotonic(), used: used() }
    // The newest look that is older than the window stays: growth is always seen over a whole one.
    const recent = looks.filter((_, index) => {
      const next = looks[index + 1]
      return next === undefined || now.at - next.at < windowMs
    })
    const last = recent.at(-1)
    looks = last === undefined || now.at - last.at >= windowMs / LOOKS_IN_WINDOW ? [...recent, now] : recent
    if (now.used >= max) return 0
    const [since = now] = recent
    const perSecond = ((now.used - since.used) * 1_000) / (now.at - since.at)
    return perSecond > 0 ? (max - now.used) / perSecond : Number.POSITIVE_INFINITY
  }
}
