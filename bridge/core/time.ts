/**
 * Who said when. A board may have no clock, a clock that starts in 1970 until NTP answers, or one that runs
 * wild; what it says is kept only when it can be true, else the time of receipt stands.
 *
 * - `ts`: epoch milliseconds, epoch seconds or ISO 8601 text with a zone. It wins over `timestamp`.
 * - `timestamp`: epoch milliseconds from 1e12 on; below that it is the uptime older boards send in it
 *   (contract Q4), so it is never read as seconds.
 * - `up`: milliseconds since boot. It wins over an uptime in `timestamp`. Beside `boot` it places a reading:
 *   board-times.ts.
 *
 * Text without a zone is not believed: it may be UTC or any local time, and a time of receipt that is late by
 * seconds is better than one that is wrong by hours.
 */
import { readNumber } from './numeric.ts'
import type { Reading } from './reading.ts'

/** 2001-09-09: below it no device time is believed, and a number is seconds (`ts`) or uptime (`timestamp`). */
export const EARLIEST_TIME_MS = 1e12
/** From here up to EARLIEST_TIME_MS a number in `ts` is epoch seconds. */
const EARLIEST_TIME_S = 1e9
/** A device clock may be ahead of ours by this much, zone mistakes included. */
export const MAX_AHEAD_MS = 24 * 3_600_000
/** A reading is not placed further back than this by uptime alone. */
export const MAX_DERIVED_MS = 30 * 24 * 3_600_000

/** True when a device time (epoch ms) can be true for a message received at `receivedAt`. */
export const isBelievable = (epochMs: number, receivedAt: number): boolean =>
  epochMs >= EARLIEST_TIME_MS && epochMs <= receivedAt + MAX_AHEAD_MS

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/i

const zoneMinutes = (zone: string): number => {
  if (zone === 'Z' || zone === 'z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''))
  return zone.startsWith('-') ? -minutes : minutes
}

const inRange = (month: number, day: number, hour: number, minute: number, second: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && hour < 24 && minute < 60 && second <= 60

/** Epoch ms of ISO 8601 text; null when it has no zone or no time of day; undefined when it is no such text. */
export const readIso = (text: string): number | null | undefined => {
  const match = text.length > 40 ? null : ISO_8601.exec(text.trim())
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  if (!inRange(month, day, hour, minute, second)) return undefined
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return undefined
  const zone = match[8]
  if (zone === undefined || match[4] === undefined) return null
  const fractionMs = Math.round(Number(`0.${match[7] ?? '0'}`) * 1000)
  return Date.UTC(year, month - 1, day, hour, minute, second) + fractionMs - zoneMinutes(zone) * 60_000
}

/**
 * The field `ts` as epoch ms, whole. Null: absent, or nothing that could be a time (below 1e9, text without a
 * zone). Undefined: of a wrong type, or text that is no time.
 */
export const readTs = (value: unknown): number | null | undefined => {
  const number = readNumber(value)
  if (number === undefined) return typeof value === 'string' ? readIso(value) : undefined
  if (number === null || number < EARLIEST_TIME_S) return null
  return Math.round(number < EARLIEST_TIME_MS ? number * 1000 : number)
}

/** The field `up` as whole milliseconds. Null: absent, negative or beyond 2^53. Undefined: not a number. */
export const readUptime = (value: unknown): number | null | undefined => {
  const number = readNumber(value)
  if (number === undefined || number === null) return number
  const whole = Math.round(number)
  return number < 0 || whole > Number.MAX_SAFE_INTEGER ? null : whole + 0
}

/** The part of a reading that time is about; what `deriveTimes` may change. */
export type Timed = Pick<Reading, 'receivedAt' | 'uptimeMs' | 'boot'> & {
  -readonly [K in 'ts' | 'tsSource']: Reading[K]
}

const needsTime = (reading: Timed): reading is Timed & { readonly uptimeMs: number } =>
  reading.tsSource === 'server' && reading.uptimeMs !== null

/** The greatest uptime of each boot that has at least two readings without a time of their own. */
const anchors = (readings: readonly Timed[]): ReadonlyMap<string | null, number> => {
  const counts = new Map<string | null, number>()
  const greatest = new Map<string | null, number>()
  for (const reading of readings) {
    if (!needsTime(reading)) continue
    counts.set(reading.boot, (counts.get(reading.boot) ?? 0) + 1)
    greatest.set(reading.boot, Math.max(reading.uptimeMs, greatest.get(reading.boot) ?? 0))
  }
  for (const [boot, count] of counts) if (count < 2) greatest.delete(boot)
  return greatest
}

/**
 * Spreads the readings of one backfill message over time, in place, by nothing but each other: of those that have an uptime but no time
 * of their own, the greatest uptime of a boot is the time of receipt and the others lie before it by their
 * difference. One that would lie more than 30 days back (an uptime that wrapped at 2^32, a board that mixes
 * units) keeps the time of receipt.
 */
export const deriveTimes = (readings: readonly Timed[]): void => {
  if (!readings.some(needsTime)) return
  const greatest = anchors(readings)
  for (const reading of readings) {
    const anchor = needsTime(reading) ? greatest.get(reading.boot) : undefined
    if (anchor === undefined || reading.uptimeMs === null) continue
    const behindMs = anchor - reading.uptimeMs
    if (behindMs > MAX_DERIVED_MS) continue
    reading.ts = reading.receivedAt - behindMs
    reading.tsSource = 'derived'
  }
}
