/**
 * A message becomes readings here, once; everything behind trusts them. Bad input is a value: a message is
 * taken whole or refused whole, with a sentence that tells the board's developer what to change.
 */
import { type BoardClocks, placeReading, placeReadings } from './board-times.ts'
import { MAX_CUSTOM_DEPTH, MAX_CUSTOM_KEYS } from './custom.ts'
import { isIdLike } from './custom-fields.ts'
import { type Draft, newDraft } from './draft.ts'
import type { DeviceId, Reading } from './reading.ts'
import { MAX_BOOT_LENGTH, takeField } from './reading-fields.ts'
import type { Rejection } from './rejection.ts'
import { deriveTimes } from './time.ts'

export const PAYLOAD_LIMITS = {
  maxBytes: 65_536,
  maxReadings: 1000,
  maxCustomKeys: MAX_CUSTOM_KEYS,
  maxCustomDepth: MAX_CUSTOM_DEPTH,
  maxBootLength: MAX_BOOT_LENGTH,
} as const

export interface DecodeContext {
  /** The id in the topic (or of the REST body). */
  readonly deviceId: DeviceId
  /** Epoch ms. */
  readonly receivedAt: number
  /** The clocks of the boards. Absent: an uptime is placed only by the others of its message. */
  readonly clocks?: BoardClocks | undefined
}

export type Decoded =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly rejection: Rejection }

type Fields = { readonly [key: string]: unknown }

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refuse = (reason: Rejection['reason'], detail: string): Decoded => ({
  ok: false,
  rejection: { reason, detail },
})

/** The rejection of a payload over `PAYLOAD_LIMITS.maxBytes`; the caller counts bytes before it decodes them. */
export const tooLarge = (bytes: number): Rejection => ({
  reason: 'too-large',
  detail: `payload of ${bytes} bytes is over the limit of ${PAYLOAD_LIMITS.maxBytes}`,
})

/** `deviceId` (or `id`, the older spelling) in the body may repeat the topic's id, and nothing else. */
const wrongDevice = (fields: Fields, deviceId: DeviceId): Rejection | undefined => {
  const named = isIdLike(fields.deviceId) ? fields.deviceId : fields.id
  if (!isIdLike(named) || String(named) === deviceId) return undefined
  return { reason: 'wrong-device-id', detail: 'the body names another device than the topic' }
}

const tooManyCustom = (draft: Draft): Rejection | undefined => {
  if (draft.custom === null || Object.keys(draft.custom).length <= MAX_CUSTOM_KEYS) return undefined
  return { reason: 'too-many-custom', detail: `more than ${MAX_CUSTOM_KEYS} custom keys` }
}

const fill = (draft: Draft, fields: Fields): Rejection | undefined => {
  const wrong = wrongDevice(fields, draft.deviceId)
  if (wrong !== undefined) return wrong
  for (const key in fields) {
    const problem = takeField(draft, key, fields[key])
    if (problem !== undefined) return problem
  }
  return tooManyCustom(draft)
}

const decodeArray = (values: readonly unknown[], context: DecodeContext): Decoded => {
  if (values.length === 0) return refuse('bad-shape', 'the array holds no reading')
  if (values.length > PAYLOAD_LIMITS.maxReadings) {
    return refuse(
      'too-many-readings',
      `${values.length} readings, the limit is ${PAYLOAD_LIMITS.maxReadings}`,
    )
  }
  const drafts: Draft[] = []
  for (const [index, value] of values.entries()) {
    if (!isFields(value)) return refuse('bad-shape', `reading ${index}: not an object`)
    const draft = newDraft(context.deviceId, context.receivedAt)
    const problem = fill(draft, value)
    if (problem !== undefined) return refuse(problem.reason, `reading ${index}: ${problem.detail}`)
    drafts.push(draft)
  }
  if (context.clocks === undefined) deriveTimes(drafts)
  else placeReadings(drafts, context.clocks)
  return { ok: true, readings: drafts }
}

/**
 * The readings of a parsed JSON body: an object is one reading (`{}` is one without metrics), an array of 1 to
 * 1,000 objects is several. One bad reading refuses the whole message; the detail names its index.
 */
export const decodeReadings = (value: unknown, context: DecodeContext): Decoded => {
  if (isFields(value)) {
    const draft = newDraft(context.deviceId, context.receivedAt)
    const problem = fill(draft, value)
    if (problem !== undefined) return { ok: false, rejection: problem }
    if (context.clocks !== undefined) placeReading(draft, context.clocks)
    return { ok: true, readings: [draft] }
  }
  if (Array.isArray(value)) return decodeArray(value, context)
  return refuse('bad-shape', 'neither an object nor an array of objects')
}

/** The readings of a payload's text; `bad-json` when it is not JSON. Never throws. */
export const decodeText = (text: string, context: DecodeContext): Decoded => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return refuse('bad-json', `not JSON: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
  return decodeReadings(value, context)
}
