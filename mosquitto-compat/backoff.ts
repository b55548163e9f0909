/**
 * How long to wait before the next attempt: twice as long each time, and of that a random part between half and all, so
 * that many clients which lost one broker do not come back to it at the same moment.
 *
 * @param attempt - 0 for the first
 * @param random - from 0 to 1
 */
export const backoffMs = (
  attempt: number,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
  random: number,
): number => {
  const most = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30))
  return Math.round(most / 2 + (most / 2) * random)
}
