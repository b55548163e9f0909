/**
 * The payloads of `buzzer/{id}/cmd` and `buzzer/{id}/ack`. Commands come as JSON or as one word, from dashboards and
 * switches of every make; boards are always sent the same JSON.
 */
import type { BuzzerRequest } from './buzzer.ts'
import { DEFAULT_BEEP_MS, MAX_BEEP_MS, MAX_WAITS_FOR_MS, WAITS_FOR_MS } from './buzzer-state.ts'
import { readNumber } from './numeric.ts'
import type { Rejection } from './rejection.ts'

/** A command or ack is one line; a payload over this is none. */
export const MAX_BUZZER_PAYLOAD_BYTES = 4_096

export type BuzzerCommand =
  | { readonly action: 'beep'; readonly durationMs: number; readonly expiresAt: number }
  | { readonly action: 'stop' }

export type DecodedCommand =
  | { readonly ok: true; readonly command: BuzzerCommand }
  | { readonly ok: false; readonly rejection: Rejection }

export type DecodedAck =
  /** `requestId` undefined: whatever is pending. */
  | { readonly ok: true; readonly requestId: number | undefined }
  | { readonly ok: false; readonly rejection: Rejection }

type Fields = { readonly [key: string]: unknown }

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refuse = (reason: Rejection['reason'], detail: string) =>
  ({ ok: false, rejection: { reason, detail } }) as const

/** Of a text, number or boolean; anything else is no word, and may not even have a text. */
const actionOf = (word: unknown): BuzzerCommand['action'] | undefined => {
  switch (typeof word === 'object' ? undefined : String(word).trim().toLowerCase()) {
    case 'on':
    case '1':
    case 'true':
    case 'beep':
      return 'beep'
    case 'off':
    case '0':
    case 'false':
    case 'stop':
      return 'stop'
    default:
      return undefined
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

const beep = (durationMs: number, expiresAt: number): DecodedCommand => ({
  ok: true,
  command: { action: 'beep', durationMs, expiresAt },
})

const decodeBeep = (fields: Fields, now: number): DecodedCommand => {
  const durationMs = isAbsent(fields.durationMs) ? DEFAULT_BEEP_MS : readNumber(fields.durationMs)
  if (typeof durationMs !== 'number' || durationMs < 1 || durationMs > MAX_BEEP_MS) {
    return refuse('bad-value', `durationMs: not a number from 1 to ${MAX_BEEP_MS}`)
  }
  const expiresAt = isAbsent(fields.expiresAt) ? now + WAITS_FOR_MS : readNumber(fields.expiresAt)
  if (typeof expiresAt !== 'number')
    return refuse('bad-value', 'expiresAt: not a number of epoch milliseconds')
  if (expiresAt <= now) return refuse('bad-value', 'expiresAt: has passed already')
  return beep(Math.round(durationMs), Math.min(Math.round(expiresAt), now + MAX_WAITS_FOR_MS))
}

/**
 * What a command means. One word: `ON`, `1`, `true`, `beep` (any case) or `OFF`, `0`, `false`, `stop`. JSON:
 * `{action?, durationMs?, expiresAt?}`, where `action` is one of these words and `beep` when absent. A `requestId`
 * in it is not read: ids come from a sequence, so it can only be the id of the pending request, which the command
 * joins anyway, or one that is replaced by ours.
 *
 * @param now epoch ms; `expiresAt` must lie after it, and is brought down to an hour after it
 */
export const decodeBuzzerCommand = (text: string, now: number): DecodedCommand => {
  const value = isWord(text) ? text : parseJson(text)
  if (value === undefined)
    return refuse('bad-json', 'neither JSON nor one of ON, OFF, 1, 0, true, false, beep, stop')
  const fields = isFields(value) ? value : { action: value }
  const named = fields.action
  const action = isAbsent(named) && isFields(value) ? 'beep' : actionOf(named)
  if (action === undefined) return refuse('bad-value', 'action: neither beep nor stop')
  return action === 'stop' ? { ok: true, command: { action } } : decodeBeep(fields, now)
}

const isWord = (text: string): boolean => actionOf(text) !== undefined

const IDS = /^[1-9]\d{0,15}$/

/** A request's id, as text or as a number; undefined for anything else. */
export const readRequestId = (value: unknown): number | undefined => {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !IDS.test(text)) return undefined
  const id = Number(text)
  return Number.isSafeInteger(id) ? id : undefined
}

/** What an ack names: `{"requestId":"…"}`; empty or `{}` is whatever is pending. */
export const decodeBuzzerAck = (text: string): DecodedAck => {
  if (text.trim() === '') return { ok: true, requestId: undefined }
  const value = parseJson(text)
  if (value === undefined) return refuse('bad-json', 'not JSON')
  if (!isFields(value)) return refuse('bad-shape', 'not a JSON object')
  if (isAbsent(value.requestId)) return { ok: true, requestId: undefined }
  const requestId = readRequestId(value.requestId)
  if (requestId === undefined) return refuse('bad-value', 'requestId: not the id of a request')
  return { ok: true, requestId }
}

/** What a board is sent for a request; `requestId` is text, as in the poll of the older contract. */
export const encodeBeep = ({ id, durationMs, expiresAt }: BuzzerRequest): string =>
  JSON.stringify({ requestId: String(id), action: 'beep', durationMs, expiresAt })

/** What a board is sent when a request is taken back; undefined: nothing was pending, but it may be beeping still. */
export const encodeStop = (request: BuzzerRequest | undefined): string =>
  JSON.stringify(
    request === undefined ? { action: 'stop' } : { requestId: String(request.id), action: 'stop' },
  )
