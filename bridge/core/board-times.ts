/**
 * The times of readings by the clocks of their boards. With `boot` and an uptime, and no believable time of its
 * own, a reading says `derived`: the first of a boot, which sets its clock, and the live ones as well, so that a
 * board's readings do not change their word with the weather in the network. What would lie more than
 * MAX_DERIVED_MS back keeps the time of receipt, and so does a board whose uptime does not count milliseconds.
 */
import { type BootClock, observe, runningOn, timeOf } from './boot-clock.ts'
import type { DeviceId, Reading } from './reading.ts'
import { deriveTimes, MAX_DERIVED_MS, type Timed } from './time.ts'

/** The state that times are read from; kept between messages by whoever decodes them. */
export interface BoardClocks {
  /** The clock of a boot; made, with this uptime as live, when it is not known. */
  boot(deviceId: DeviceId, boot: string, uptimeMs: number, receivedAt: number): BootClock
  /** A board's own believable clock was ahead of the server's by this much, network and waiting included. */
  own(deviceId: DeviceId, aheadMs: number): void
}

type Placed = Timed & Pick<Reading, 'deviceId'>

/** Where 32-bit uptimes of one message lie further apart than this, the small ones came after a wrap. */
const WRAPPED_MS = 2 ** 31

const place = (reading: Timed, clock: BootClock, up: number): void => {
  const { receivedAt } = reading
  const ts = timeOf(clock, up, receivedAt)
  if (ts === undefined || receivedAt - ts > MAX_DERIVED_MS) return
  reading.ts = ts
  reading.tsSource = 'derived'
}

/** Gives one reading its time, in place. */
export const placeReading = (reading: Placed, clocks: BoardClocks): void => {
  const { deviceId, boot, uptimeMs, receivedAt } = reading
  if (reading.tsSource === 'device') clocks.own(deviceId, reading.ts - receivedAt)
  if (boot === null || uptimeMs === null) return
  const clock = clocks.boot(deviceId, boot, uptimeMs, receivedAt)
  const up = runningOn(clock, uptimeMs, receivedAt)
  observe(clock, up, receivedAt)
  if (reading.tsSource === 'server') place(reading, clock, up)
}

/** The newest uptime of one boot in a message, as the board sent it. */
const newestUptime = (readings: readonly Timed[], boot: string): number => {
  let least = Number.POSITIVE_INFINITY
  let greatest = 0
  let beforeHalf = 0
  for (const { boot: of, uptimeMs } of readings) {
    if (of !== boot || uptimeMs === null) continue
    least = Math.min(least, uptimeMs)
    greatest = Math.max(greatest, uptimeMs)
    if (uptimeMs < WRAPPED_MS) beforeHalf = Math.max(beforeHalf, uptimeMs)
  }
  return greatest < 2 * WRAPPED_MS && greatest - least > WRAPPED_MS ? beforeHalf : greatest
}

const placeBoot = (readings: readonly Placed[], boot: string, clocks: BoardClocks): void => {
  const first = readings[0]
  if (first === undefined) return
  const { deviceId, receivedAt } = first
  const newest = newestUptime(readings, boot)
  const clock = clocks.boot(deviceId, boot, newest, receivedAt)
  // Only the newest can be live; the others of the message waited for it.
  observe(clock, runningOn(clock, newest, receivedAt), receivedAt)
  for (const reading of readings) {
    if (reading.boot !== boot || reading.uptimeMs === null || reading.tsSource !== 'server') continue
    place(reading, clock, runningOn(clock, reading.uptimeMs, receivedAt))
  }
}

const noteOwn = (readings: readonly Placed[], clocks: BoardClocks): void => {
  let newest: Placed | undefined
  for (const reading of readings) {
    if (reading.tsSource === 'device' && !(newest !== undefined && newest.ts >= reading.ts)) newest = reading
  }
  if (newest !== undefined) clocks.own(newest.deviceId, newest.ts - newest.receivedAt)
}

/** Gives the readings of one message their times, in place. Those without `boot` share the time of receipt. */
export const placeReadings = (readings: readonly Placed[], clocks: BoardClocks): void => {
  noteOwn(readings, clocks)
  const boots = new Set<string>()
  for (const { boot, uptimeMs } of readings) if (boot !== null && uptimeMs !== null) boots.add(boot)
  for (const boot of boots) placeBoot(readings, boot, clocks)
  deriveTimes(boots.size === 0 ? readings : readings.filter(({ boot }) => boot === null))
}
