/**
 * How far a board's own clock is ahead of the server's. Delays only make it look behind, and a reading sent
 * later makes it look far behind: what lies above counts at once, what lies a little below slowly, what lies far
 * below only when it stays there.
 */
export interface OwnClock {
  /** Milliseconds ahead of the server's clock, smoothed; negative: behind. */
  aheadMs: number
  /** Readings in a row that lay far below, about where the first of them did. */
  far: number
  farMs: number
}

/** Below by more than this is a reading sent later. */
const FAR_MS = 60_000
const MAX_FAR = 32
/** The clock itself does not move; a backlog does. */
const STAYS_MS = 2_000
const UP = 1 / 4
const DOWN = 1 / 64

export const newOwnClock = (aheadMs: number): OwnClock => ({ aheadMs, far: 0, farMs: 0 })

const noteFar = (clock: OwnClock, aheadMs: number): void => {
  const stays = clock.far > 0 && Math.abs(aheadMs - clock.farMs) <= STAYS_MS
  clock.far = stays ? clock.far + 1 : 1
  if (!stays) clock.farMs = aheadMs
  if (clock.far < MAX_FAR) return
  clock.aheadMs = aheadMs
  clock.far = 0
}

/** One more reading: its `ts` less its time of receipt. */
export const noteOwn = (clock: OwnClock, aheadMs: number): void => {
  const above = aheadMs - clock.aheadMs
  if (above < -FAR_MS) return noteFar(clock, aheadMs)
  clock.far = 0
  clock.aheadMs = above > FAR_MS ? aheadMs : clock.aheadMs + above * (above > 0 ? UP : DOWN)
}
