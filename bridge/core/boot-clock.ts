/**
 * When a board without a clock booted, by the server's clock. Of each reading the uptime and the time of receipt
 * are known; their difference is the time of boot plus what the reading waited, on the board and in the network.
 * Waiting only ever adds, so the least difference of late is the best estimate, and no one has to know which
 * readings are live: one sent later only shows a greater difference, and is placed by its uptime.
 *
 * The least is followed down at once. It is followed up only as fast as a crystal drifts, window by window:
 * a greater rise is a backlog, not the board. A board whose readings keep one and the same distance for half an
 * hour is live all the same: its uptime stood still or began anew without a new boot.
 *
 * Uptimes here run on: `runningOn` undoes the wrap of a 32-bit millis().
 */
import {
  ask,
  follow,
  type Line,
  newUptimeMap,
  offsetOn,
  shiftMap,
  strays,
  type UptimeMap,
} from './uptime-map.ts'

/** A drift that is not known yet may be so large, ms per ms. Crystals keep 100 ppm, cheap ones less well. */
export const MAX_DRIFT = 500e-6
/** What a known drift may change by: temperature and age. */
const DRIFT_CHANGE = 100e-6
/** So long a board is watched before its drift is believed. */
export const MIN_WATCH_MS = 3_600_000
/** Two spots this far apart give a drift; then the older is given up, so that the drift stays that of today. */
const MAX_WATCH_MS = 24 * 3_600_000
/** What the least delay of a window may differ by from that of another. */
const JITTER_MS = 250
/** The estimate is kept so far below the least seen, that a crystal which gains does not lower it each time. */
const MARGIN_MS = 5
/** The least of a window counts once it is this old and has so many readings. */
const WINDOW_MS = 600_000
const WINDOW_READINGS = 8
/** So many windows in a row at one distance, by no more than this part of their length, are live. */
const STEADY_WINDOWS = 3
const STEADY = 0.01
/** After so many readings in a row an uptime that runs at less than half of real time is not in milliseconds. */
const MAX_SLOW = 10
/** Where a 32-bit millis() starts over: 49.7 days. */
const WRAP_MS = 2 ** 32
/** An uptime may be ahead of the estimate by this much, and behind it by the rest of WRAP_MS: 33 days. */
const AHEAD_MS = WRAP_MS / 3

/** A place on the lower edge: an uptime, and receipt less uptime there. */
interface Spot {
  up: number
  offset: number
}

export interface BootClock {
  line: Line
  readonly map: UptimeMap
  /** Time of receipt up to which the line is known to hold. */
  heldAt: number
  /** Readings observed. */
  samples: number
  /** As measured, and over how long: `line.drift` is the part of it that jitter cannot explain. */
  drift: number
  watchedMs: number
  base: Spot
  next: Spot | undefined
  /** The least of the window that is open, and of the one before. */
  windowAt: number
  windowSamples: number
  readonly least: Spot
  leastBefore: number
  steady: number
  /** The reading before, and how many in a row ran slow. */
  lastUp: number
  lastAt: number
  slow: number
  /** It counts beyond 32 bits: nothing of it wrapped. */
  wide: boolean
}

/** A clock that takes this uptime for live. */
export const newBootClock = (up: number, receivedAt: number): BootClock => {
  const offset = receivedAt - up
  const line = { up, offset, drift: 0 }
  return {
    line,
    map: newUptimeMap(line),
    heldAt: receivedAt,
    samples: 0,
    drift: 0,
    watchedMs: 0,
    base: { up, offset },
    next: undefined,
    windowAt: receivedAt,
    windowSamples: 0,
    least: { up, offset },
    leastBefore: Number.NaN,
    steady: 0,
    lastUp: up,
    lastAt: receivedAt,
    slow: 0,
    wide: up >= WRAP_MS,
  }
}

/** The uptime of a message received at `receivedAt`, as if millis() had never wrapped; negative before a first wrap. */
export const runningOn = (clock: BootClock, up: number, receivedAt: number): number => {
  if (up >= WRAP_MS) clock.wide = true
  if (clock.wide) return up
  return up + WRAP_MS * Math.floor((receivedAt - clock.line.offset - up + AHEAD_MS) / WRAP_MS)
}

const draw = (clock: BootClock, { up, offset }: Spot): void => {
  const { drift, watchedMs } = clock
  const sure = watchedMs < MIN_WATCH_MS ? 0 : Math.max(0, Math.abs(drift) - JITTER_MS / watchedMs)
  clock.line = { up, offset: offset - MARGIN_MS, drift: Math.sign(drift) * sure }
}

const restartWatch = (clock: BootClock, { up, offset }: Spot): void => {
  clock.base = { up, offset }
  clock.next = undefined
  clock.watchedMs = 0
  clock.drift = 0
}

/** Learns the drift from one more spot on the lower edge. */
const learn = (clock: BootClock, spot: Spot): void => {
  const { base, next } = clock
  const watchedMs = spot.up - base.up
  if (watchedMs <= 0) return
  const drift = (spot.offset - base.offset) / watchedMs
  const slack = JITTER_MS / watchedMs
  // No crystal does that: the base was a late reading, or another run of the board.
  if (Math.abs(drift) > MAX_DRIFT + slack) return restartWatch(clock, spot)
  clock.drift = Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, drift))
  clock.watchedMs = watchedMs
  if (next === undefined && watchedMs > MAX_WATCH_MS / 2) clock.next = { ...spot }
  if (next !== undefined && watchedMs > MAX_WATCH_MS) {
    clock.base = next
    clock.next = { ...spot }
  }
}

/** What the line may have risen by since it was last known to hold. */
const mayRise = (clock: BootClock, receivedAt: number): number =>
  JITTER_MS + (clock.watchedMs < MIN_WATCH_MS ? MAX_DRIFT : DRIFT_CHANGE) * (receivedAt - clock.heldAt)

const isSteady = (clock: BootClock, receivedAt: number): boolean =>
  Math.abs(clock.least.offset - clock.leastBefore) <= STEADY * (receivedAt - clock.windowAt)

const endWindow = (clock: BootClock, receivedAt: number): void => {
  const { least, line, map } = clock
  const above = least.offset - offsetOn(line, least.up)
  const drifted = above <= mayRise(clock, receivedAt)
  clock.steady = drifted || !isSteady(clock, receivedAt) ? 0 : clock.steady + 1
  if (drifted || clock.steady === STEADY_WINDOWS) {
    clock.steady = 0
    learn(clock, least)
    draw(clock, least)
    clock.heldAt = receivedAt
    if (strays(map, clock.line, 4 * MARGIN_MS)) follow(map, clock.line)
  }
  clock.leastBefore = least.offset
  clock.windowAt = receivedAt
  clock.windowSamples = 0
}

/** Counts readings in a row that ran on, but at less than half of real time: seconds, or no uptime at all. */
const pace = (clock: BootClock, up: number, receivedAt: number): void => {
  // The same reading again says nothing, nor does one of the past.
  if (up === clock.lastUp) return
  const slow = up > clock.lastUp && (up - clock.lastUp) * 2 < receivedAt - clock.lastAt
  if (slow) clock.slow += 1
  else if (up > clock.lastUp) clock.slow = 0
  clock.lastUp = up
  clock.lastAt = receivedAt
}

/** Takes note of a reading: its uptime (`runningOn`) and when it was received. */
export const observe = (clock: BootClock, up: number, receivedAt: number): void => {
  const offset = receivedAt - up
  const { least } = clock
  clock.samples += 1
  pace(clock, up, receivedAt)
  if (clock.windowSamples === 0 || offset - least.offset < clock.line.drift * (up - least.up)) {
    least.up = up
    least.offset = offset
  }
  clock.windowSamples += 1
  if (offset < offsetOn(clock.line, up)) {
    draw(clock, least)
    clock.heldAt = receivedAt
    clock.steady = 0
    follow(clock.map, clock.line)
  }
  const age = receivedAt - clock.windowAt
  if (clock.windowSamples >= WINDOW_READINGS && age >= WINDOW_MS) endWindow(clock, receivedAt)
}

/**
 * When the board measured a reading (epoch ms, whole, never after its receipt), by its uptime (`runningOn`).
 * Observe it first. Undefined when the board's uptime is none.
 */
export const timeOf = (clock: BootClock, up: number, receivedAt: number): number | undefined =>
  clock.slow >= MAX_SLOW ? undefined : ask(clock.map, clock.line, up, receivedAt)

/** The server's clock was put forward by `ms` (back when negative); the board's was not. */
export const shiftClock = (clock: BootClock, ms: number): void => {
  clock.line = { ...clock.line, offset: clock.line.offset + ms }
  clock.base.offset += ms
  clock.least.offset += ms
  clock.leastBefore += ms
  if (clock.next !== undefined) clock.next.offset += ms
  clock.heldAt += ms
  clock.windowAt += ms
  clock.lastAt += ms
  shiftMap(clock.map, ms)
}
