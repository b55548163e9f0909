/**
 * When requests are due. A sketch is single-threaded: while one request waits for its answer the others fall due
 * and wait, and each is measured from when it was *due*: a pause of the server counts for all that fell due in it.
 */

/** One kind of request of one board, due every `everyMs` (`Infinity`: once). Times are ms of one clock. */
export interface Beat<Kind extends string = string> {
  readonly kind: Kind
  readonly everyMs: number
  dueAt: number
}

/** The beat that has been due the longest at `now`; undefined when none is. */
export const earliestDue = <K extends string>(
  beats: readonly Beat<K>[],
  now: number,
): Beat<K> | undefined => {
  let earliest: Beat<K> | undefined
  for (const beat of beats) {
    if (beat.dueAt <= now && (earliest === undefined || beat.dueAt < earliest.dueAt)) earliest = beat
  }
  return earliest
}

/** When the next of the beats is due. */
export const nextDueAt = (beats: readonly Beat[]): number => {
  let next = Number.POSITIVE_INFINITY
  for (const { dueAt } of beats) if (dueAt < next) next = dueAt
  return next
}

/** The beat's next time is counted from when it was due, not from when it was done. */
export const advance = (beat: Beat): void => {
  beat.dueAt += beat.everyMs
}

/** The first due time of member `index` of `count`, so that together they are due evenly over `everyMs`. */
export const spread = (index: number, count: number, everyMs: number): number => (index / count) * everyMs

/** Due times before `until` that were never taken: the requests a member owes. Leaves the beats as they are. */
export const owed = (beats: readonly Beat[], until: number): readonly { kind: string; dueAt: number }[] =>
  beats.flatMap(({ kind, dueAt, everyMs }) => {
    const times = dueAt < until ? Math.max(1, Math.ceil((until - dueAt) / everyMs)) : 0
    return Array.from({ length: times }, (_, n) => ({ kind, dueAt: n === 0 ? dueAt : dueAt + n * everyMs }))
  })
