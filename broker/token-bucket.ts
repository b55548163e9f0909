/** A rate with a burst: what comes is paid for with tokens, which come back with time. Pure: time is an argument. */
export interface TokenBucket {
  /** Tokens there are now; below 0 after more was taken than there was. */
  level(now: number): number
  take(count: number, now: number): void
  /** Until there is this much, in milliseconds; 0: there is. */
  waitMs(wanted: number, now: number): number
}

/** A full bucket. `rate`: tokens a second; times in milliseconds, of whatever clock. */
export const createTokenBucket = (
  { rate, burst }: { readonly rate: number; readonly burst: number },
  start: number,
): TokenBucket => {
  let tokens = burst
  let last = start

  const level = (now: number): number => {
    // A clock that was set back gives nothing, and takes nothing.
    tokens = Math.min(burst, tokens + (Math.max(0, now - last) * rate) / 1_000)
    last = now
    return tokens
  }

  return {
    level,
    take: (count, now) => {
      tokens = level(now) - count
    },
    waitMs: (wanted, now) => Math.max(0, Math.ceil(((wanted - level(now)) * 1_000) / rate)),
  }
}
