import { UsageError } from './command.ts'

const UNIT_MS: { readonly [unit: string]: number } = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

const AGO = /^(\d{1,9})([smhdw])$/
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** Without a zone it is UTC, as times are shown; a date alone is its midnight. */
const readIso = (text: string): number => {
  const match = ISO.exec(text)
  if (match === null) return Number.NaN
  const [, year, month, day, zone] = match
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (date.getUTCDate() !== Number(day)) return Number.NaN // the 31st of June
  return Date.parse(text.length === 10 || zone !== undefined ? text : `${text}Z`)
}

/**
 * A moment as epoch ms: ISO 8601 (`2026-11-23`, `2026-11-23T04:00`, with a zone or in UTC), or so long before `now`:
 * `90s`, `15m`, `2h`, `30d`, `1w`. Throws UsageError, which names the option.
 */
export const parseMoment = (text: string, option: string, now: number): number => {
  const ago = AGO.exec(text)
  const moment = ago === null ? readIso(text) : now - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? Number.NaN)
  if (!Number.isNaN(moment)) return moment
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is no time: allowed is ISO 8601 such as 2026-11-23T04:00Z, or how long ago: 90s 15m 2h 30d`,
  )
}
