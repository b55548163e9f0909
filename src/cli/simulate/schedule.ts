/**
 * Who sends when: every board once in a period, all of them spread evenly over it. The turns are numbered, so one
 * division says how many are due, however many boards there are.
 */
export interface Schedule {
  /** Calls back with the index of each board whose turn came since the last call; how many turns were left out. */
  take(nowMs: number, turn: (index: number) => void): number
}

export interface ScheduleOptions {
  readonly boards: number
  /** Turns a second of each board. */
  readonly rate: number
  readonly startMs: number
  /** After a longer hold-up the turns missed are left out: a real board does not measure twice at once either. */
  readonly maxBehindMs?: number
}

export const createSchedule = ({ boards, rate, startMs, maxBehindMs = 1_000 }: ScheduleOptions): Schedule => {
  const perMs = (boards * rate) / 1_000
  const most = Math.max(1, Math.ceil(perMs * maxBehindMs))
  let taken = 0
  return {
    take: (nowMs, turn) => {
      const due = Math.floor((nowMs - startMs) * perMs)
      const missed = Math.max(0, due - taken - most)
      taken += missed
      for (; taken < due; taken++) turn(taken % boards)
      return missed
    },
  }
}
