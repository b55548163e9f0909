/**
 * A dead letter read once more, by the rules of today. What decides is the topic and the bytes that came, as at
 * the intake; the reason of then counts only where the bytes are no message but a row that Postgres refused.
 */
import { decodeRow } from './copy-row.ts'
import { BAD_DEVICE_ID, parseDeviceId } from './device-id.ts'
import { decodeText, PAYLOAD_LIMITS, tooLarge } from './payload.ts'
import type { DeviceId, Reading } from './reading.ts'
import type { Rejection } from './rejection.ts'
import { parseTopic } from './topic.ts'

/** What is kept of a message that was refused. */
export interface Letter {
  /** Epoch ms. */
  readonly receivedAt: number
  readonly topic: string
  readonly deviceId: string | null
  readonly reason: string
  readonly detail: string
  readonly payload: Uint8Array
}

export type Verdict =
  | { readonly verdict: 'fits'; readonly readings: readonly Reading[] }
  | { readonly verdict: 'refused'; readonly rejection: Rejection }
  /** A picture, a heartbeat, …: nothing of it would be a row. */
  | { readonly verdict: 'not-a-reading' }

/** Stands for what Postgres cannot hold as text. */
const REPLACEMENT = '\ufffd'

const refused = (reason: Rejection['reason'], detail: string): Verdict => ({
  verdict: 'refused',
  rejection: { reason, detail },
})

/** The text of UTF-8 bytes, a byte order mark included as the intake does; undefined when they are none. */
const utf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A damaged field reads as NaN, which Postgres would take for a number. */
const isWhole = (reading: Reading): boolean =>
  parseDeviceId(reading.deviceId) !== undefined &&
  Object.values(reading).every((value) => typeof value !== 'number' || Number.isFinite(value))

/** The payload is one line of COPY text, with the times it had when it came in. */
const readRow = ({ payload, detail }: Letter): Verdict => {
  // A dead letter that Postgres refused in turn was kept without its bytes.
  if (payload.byteLength === 0) return refused('refused-by-postgres', detail)
  try {
    const reading = decodeRow(utf8(payload) ?? '')
    if (isWhole(reading)) return { verdict: 'fits', readings: [reading] }
  } catch {
    // No row: said below.
  }
  return refused('refused-by-postgres', 'what is kept of the row cannot be read as one')
}

const readMessage = (payload: Uint8Array, context: { deviceId: DeviceId; receivedAt: number }): Verdict => {
  if (payload.byteLength > PAYLOAD_LIMITS.maxBytes) {
    return { verdict: 'refused', rejection: tooLarge(payload.byteLength) }
  }
  const text = utf8(payload)
  if (text === undefined) return refused('bad-encoding', 'the payload is not UTF-8')
  const decoded = decodeText(text, context)
  return decoded.ok
    ? { verdict: 'fits', readings: decoded.readings }
    : { verdict: 'refused', rejection: decoded.rejection }
}

/** What a dead letter would become if it came in now, at the time of receipt it had. Never throws. */
export const readAgain = (letter: Letter): Verdict => {
  if (letter.reason === 'refused-by-postgres') return readRow(letter)
  const topic = parseTopic(letter.topic)
  if (topic?.channel !== 'data') return { verdict: 'not-a-reading' }
  const { deviceId } = topic
  // A topic that could not be kept as it was names no device for certain.
  const altered = letter.deviceId === null && letter.topic.includes(REPLACEMENT)
  if (deviceId === undefined || altered) return { verdict: 'refused', rejection: BAD_DEVICE_ID }
  return readMessage(letter.payload, { deviceId, receivedAt: letter.receivedAt })
}
