import type { DeviceId } from './reading.ts'
import type { Rejection } from './rejection.ts'

/** The longest device id, in UTF-16 units (what `length` counts). */
export const MAX_DEVICE_ID_LENGTH = 100

const HASH = 0x23
const DOLLAR = 0x24
const PLUS = 0x2b
const SLASH = 0x2f

/** True when a surrogate at `at` has no partner. */
const isLone = (text: string, at: number, code: number): boolean => {
  if (code >= 0xdc00) {
    const before = at > 0 ? text.charCodeAt(at - 1) : 0
    return before < 0xd800 || before > 0xdbff
  }
  const after = text.charCodeAt(at + 1)
  return !(after >= 0xdc00 && after <= 0xdfff)
}

/** True when the unit above ASCII may stand in an id: no C1 control character, no half of a pair. */
const mayStand = (text: string, at: number, code: number): boolean => {
  if (code <= 0x9f) return false
  return code < 0xd800 || code > 0xdfff || !isLone(text, at, code)
}

/**
 * A device id is text of 1–100 UTF-16 units without control characters (U+0000–U+001F, U+007F–U+009F),
 * without `/`, `+` and `#` (they mean something in a topic), not starting with `$` (topics of the broker's
 * own), and well-formed. Ids are compared exactly: no case folding, no trimming, no normalisation.
 *
 * Runs for every message: one pass, no regular expression, no allocation.
 */
export const parseDeviceId = (text: unknown): DeviceId | undefined => {
  if (typeof text !== 'string') return undefined
  const length = text.length
  if (length === 0 || length > MAX_DEVICE_ID_LENGTH || text.charCodeAt(0) === DOLLAR) return undefined
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code === SLASH || code === PLUS || code === HASH) return undefined
    if (code >= 0x7f && !mayStand(text, i, code)) return undefined
  }
  return text as DeviceId
}

/** The rejection of a topic whose id breaks the rule. */
export const BAD_DEVICE_ID: Rejection = {
  reason: 'bad-device-id',
  detail:
    'the device id in the topic must be 1 to 100 characters without control characters, / + or #, and not begin with $',
}
