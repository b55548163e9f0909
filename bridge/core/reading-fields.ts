/**
 * The fields of one JSON reading, each by its rule. A reading is filled in place while its keys are walked
 * once; the first field that breaks its rule ends the walk.
 */
import { takeCustom, takeCustomData, takeId } from './custom-fields.ts'
import { badValue, type Draft } from './draft.ts'
import { readNumber } from './numeric.ts'
import type { MetricName } from './reading.ts'
import type { Rejection } from './rejection.ts'
import { takeTimestamp, takeTs, takeUptime } from './time-fields.ts'
import { wellFormed } from './well-formed.ts'

export const MAX_BOOT_LENGTH = 100
const INT32_MIN = -2_147_483_648
const INT32_MAX = 2_147_483_647

const takeMetric = (draft: Draft, name: MetricName, value: unknown): Rejection | undefined => {
  const number = readNumber(value)
  if (number === undefined) return badValue(name, 'a finite number or null', value)
  draft[name] = number
  return undefined
}

const takeLightLevel = (draft: Draft, value: unknown): Rejection | undefined => {
  const number = readNumber(value)
  if (number === undefined) return badValue('lightLevel', 'a finite number or null', value)
  const whole = number === null ? null : Math.round(number) + 0
  if (whole !== null && (whole < INT32_MIN || whole > INT32_MAX)) {
    return badValue('lightLevel', 'within 32 bits', value)
  }
  draft.lightLevel = whole
  return undefined
}

const takeBoot = (draft: Draft, value: unknown): Rejection | undefined => {
  if (value === null || value === undefined) return undefined
  const boot = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
  if (typeof boot !== 'string' || boot.length === 0 || boot.length > MAX_BOOT_LENGTH) {
    return badValue('boot', `text of 1 to ${MAX_BOOT_LENGTH} characters or a number`, value)
  }
  draft.boot = wellFormed(boot)
  return undefined
}

const takeSeq = (draft: Draft, value: unknown): Rejection | undefined => {
  const seq = readNumber(value)
  if (seq === null) return undefined
  if (seq === undefined || seq < 0 || !Number.isSafeInteger(seq)) {
    return badValue('seq', 'a whole number from 0 to 2^53-1', value)
  }
  draft.seq = seq
  return undefined
}

/** Takes one field of a JSON reading into the draft; returns why it cannot be taken. */
export const takeField = (draft: Draft, key: string, value: unknown): Rejection | undefined => {
  switch (key) {
    case 'temperature':
    case 'humidity':
    case 'distance':
    case 'pressure':
    case 'altitude':
    case 'co2Level':
      return takeMetric(draft, key, value)
    case 'lightLevel':
      return takeLightLevel(draft, value)
    case 'boot':
      return takeBoot(draft, value)
    case 'seq':
      return takeSeq(draft, value)
    case 'ts':
      return takeTs(draft, value)
    case 'timestamp':
      return takeTimestamp(draft, value)
    case 'up':
      return takeUptime(draft, value)
    case 'deviceId':
    case 'id':
      return takeId(draft, key, value)
    case 'customData':
      return takeCustomData(draft, value)
    default:
      return takeCustom(draft, key, value)
  }
}
