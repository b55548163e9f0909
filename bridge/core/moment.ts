/**
 * How a client names a moment: `now`, a time before now (`-90s`, `-15m`, `-24h`, `-7d`, `-4w`, `-1y`), epoch
 * milliseconds, epoch seconds, or ISO 8601 text with its zone. Text without a zone could be any of 25 moments: no.
 */
import { EARLIEST_TIME_MS, readIso } from './time.ts'

const SECOND_MS = 1_000
const DAY_MS = 86_400_000

const UNIT_MS: { readonly [unit: string]: number } = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3_600 * SECOND_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
}

/** 9999-12-31: what JavaScript and Postgres write with four digits of a year. */
const LATEST_MS = 253_402_300_799_999

/** What a client is told that named none. */
export const MOMENT_FORMS =
  'now, a time before now such as -90s, -15m, -24h, -7d, -4w or -1y, epoch milliseconds or seconds, or ISO 8601 with its zone such as 2026-11-23T00:00:00Z'

const RELATIVE = /^(?:now)?-(\d{1,12}(?:\.\d{1,6})?)([smhdwy])$/i
const EPOCH = /^\d{1,15}(?:\.\d{1,6})?$/
/** A plus that was not encoded in a URL is a space by the time it is here. */
const LOST_PLUS = / (\d\d(?::?\d\d)?)$/
const HAS_TIME = /\d[T ]\d\d:\d\d/i

const absolute = (text: string): number | undefined => {
  if (EPOCH.test(text)) {
    const number = Number(text)
    return Math.round(number < EARLIEST_TIME_MS ? number * SECOND_MS : number)
  }
  return readIso(HAS_TIME.test(text) ? text.replace(LOST_PLUS, '+$1') : text) ?? undefined
}

/** Epoch ms, whole, from 1970 to 9999; undefined for text that names no moment. */
export const parseMoment = (text: string, now: number): number | undefined => {
  const given = text.trim()
  if (given.toLowerCase() === 'now') return now
  const [, count, unit] = RELATIVE.exec(given) ?? []
  const moment =
    count === undefined || unit === undefined
      ? absolute(given)
      : Math.max(0, Math.round(now - Number(count) * (UNIT_MS[unit.toLowerCase()] ?? 0)))
  return moment !== undefined && moment >= 0 && moment <= LATEST_MS ? moment : undefined
}
