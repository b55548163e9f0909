const FIRST_MS = 500
const MOST_MS = 15_000

/** How long to wait before attempt `attempt` (from 0). `random` in [0, 1) spreads a room full of screens. */
export const retryDelay = (attempt: number, random: number): number =>
  Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.75 + random / 2)
