/**
 * From the uptime of one boot to wall time, never turning back: whatever the order in which uptimes are asked, a
 * greater one is never placed before a smaller one. So what was answered stays as it is, and a better estimate
 * only bends the map ahead of the greatest uptime asked, until it meets the new line. Charts see neither a jump
 * nor two readings that changed places.
 *
 * An estimate that is off by more than a network delays is no delay but a backlog taken for live: then the map
 * starts anew, since a later reading in the right place is worth more than one that agrees with a wrong one.
 */

/** Wall time = uptime + `offset` + `drift` × (uptime − `up`). Epoch ms, ms; `drift` in ms per ms of uptime. */
export interface Line {
  readonly up: number
  readonly offset: number
  readonly drift: number
}

export interface UptimeMap {
  /** Uptime and wall time in turn, both never falling. Straight between; before the first, real time. */
  knots: number[]
  /** Wall time per uptime after the last knot. */
  rate: number
  /** The greatest uptime that was answered. */
  asked: number
}

/** A gap up to this is closed by bending; network delays are smaller, backlogs larger. */
export const MAX_BEND_MS = 30_000
/** Uptime it takes to close a gap of 1 ms. */
const BEND = 2
/** Bends kept, as numbers in `knots`: readings older than the oldest are placed as if the board had not drifted. */
const MAX_KNOTS = 32

/** The offset of a line at an uptime. */
export const offsetOn = ({ up, offset, drift }: Line, at: number): number => offset + drift * (at - up)

/** A map that says what `line` says. */
export const newUptimeMap = (line: Line): UptimeMap => ({
  knots: [line.up, line.up + line.offset],
  rate: 1 + line.drift,
  asked: Number.NEGATIVE_INFINITY,
})

/** The wall time of an uptime, epoch ms with fractions. */
export const timeAt = ({ knots, rate }: UptimeMap, up: number): number => {
  let from = knots.length - 2
  while (from > 0 && (knots[from] ?? 0) > up) from -= 2
  const startUp = knots[from] ?? 0
  const startTime = knots[from + 1] ?? 0
  if (up <= startUp) return startTime + up - startUp
  const endUp = knots[from + 2]
  if (endUp === undefined) return startTime + (up - startUp) * rate
  return startTime + ((up - startUp) / (endUp - startUp)) * ((knots[from + 3] ?? 0) - startTime)
}

/** Takes away what lies at or after `up`: only what nobody has asked for yet may go. */
const cutAt = (knots: number[], up: number): void => {
  while (knots.length > 0 && (knots.at(-2) ?? 0) >= up) knots.length -= 2
}

/** From here (`up`, `time`) to the line. */
const bendTo = (map: UptimeMap, line: Line, up: number, time: number): void => {
  const { knots } = map
  knots.push(up, time)
  const gap = Math.abs(time - up - offsetOn(line, up))
  if (gap >= 1) {
    const meet = up + BEND * gap
    knots.push(meet, meet + offsetOn(line, meet))
  }
  if (knots.length > MAX_KNOTS) knots.splice(0, knots.length - MAX_KNOTS)
  map.rate = 1 + line.drift
}

/** What was answered is given up: the line is right for all uptimes. */
const startAnew = (map: UptimeMap, line: Line): void => {
  map.knots = [line.up, line.up + line.offset]
  map.rate = 1 + line.drift
  map.asked = Number.NEGATIVE_INFINITY
}

/** Leads the map to `line` from the greatest uptime that was answered. */
export const follow = (map: UptimeMap, line: Line): void => {
  const { knots, asked } = map
  const time = timeAt(map, asked)
  const gap = Math.abs(time - asked - offsetOn(line, asked))
  // Nothing answered yet: the gap is no number.
  if (!(gap <= MAX_BEND_MS)) return startAnew(map, line)
  cutAt(knots, asked)
  bendTo(map, line, asked, time)
}

/** True when the map is so far from the line, or so differently inclined, that `follow` is worth its knots. */
export const strays = (map: UptimeMap, line: Line, byMs: number): boolean =>
  !(Math.abs(timeAt(map, map.asked) - map.asked - offsetOn(line, map.asked)) <= byMs) ||
  Math.abs(map.rate - 1 - line.drift) > 5e-6

/** Still on its way down to the line when the next reading comes sooner than that allows. */
const bendUnder = (map: UptimeMap, line: Line, up: number, latest: number): void => {
  const { knots, asked } = map
  const time = timeAt(map, asked)
  // Nothing answered yet, or the server's clock was put back.
  if (!Number.isFinite(time) || time > latest) return startAnew(map, { ...line, up, offset: latest - up })
  cutAt(knots, asked)
  knots.push(asked, time)
  bendTo(map, line, up, latest)
}

/** The wall time of an uptime, whole and not after `latest` (epoch ms); from now on it is answered. */
export const ask = (map: UptimeMap, line: Line, up: number, latest: number): number => {
  let time = timeAt(map, up)
  if (time > latest) {
    time = latest
    if (up > map.asked) bendUnder(map, line, up, latest)
  }
  if (up > map.asked) map.asked = up
  return Math.round(time)
}

/** The server's clock was put forward by `ms`, and all times with it. */
export const shiftMap = (map: UptimeMap, ms: number): void => {
  for (let index = 1; index < map.knots.length; index += 2) map.knots[index] = (map.knots[index] ?? 0) + ms
}
