/** The three fields in which a board may say when; the rules are those of time.ts. */
import { badValue, type Draft } from './draft.ts'
import { readNumber } from './numeric.ts'
import type { Rejection } from './rejection.ts'
import { EARLIEST_TIME_MS, isBelievable, readTs, readUptime } from './time.ts'

export const takeTs = (draft: Draft, value: unknown): Rejection | undefined => {
  const ts = readTs(value)
  if (ts === undefined) return badValue('ts', 'epoch milliseconds, epoch seconds or ISO 8601 text', value)
  if (ts === null || !isBelievable(ts, draft.receivedAt)) return undefined
  draft.ts = ts
  draft.tsSource = 'device'
  return undefined
}

export const takeTimestamp = (draft: Draft, value: unknown): Rejection | undefined => {
  const number = readNumber(value)
  if (number === undefined) return badValue('timestamp', 'a number (ISO 8601 text belongs in ts)', value)
  if (number === null || number <= 0) return undefined
  const whole = Math.round(number)
  if (number < EARLIEST_TIME_MS) {
    draft.uptimeMs ??= whole
  } else if (draft.tsSource === 'server' && isBelievable(whole, draft.receivedAt)) {
    draft.ts = whole
    draft.tsSource = 'device'
  }
  return undefined
}

export const takeUptime = (draft: Draft, value: unknown): Rejection | undefined => {
  const uptimeMs = readUptime(value)
  if (uptimeMs === undefined) return badValue('up', 'milliseconds since boot', value)
  if (uptimeMs !== null) draft.uptimeMs = uptimeMs
  return undefined
}
