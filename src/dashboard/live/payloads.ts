/** What the messages that the page listens to hold. Undefined: none of ours, and left alone. */
import type { Json, Latest } from '../answers.ts'

/** It keeps nothing from one text to the next. */
const UTF8 = new TextDecoder()

const objectIn = (payload: Uint8Array): { readonly [key: string]: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(UTF8.decode(payload))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { readonly [key: string]: unknown })
      : undefined
  } catch {
    return undefined
  }
}

const isTable = (value: unknown): value is { readonly [key: string]: never } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `sensors/{id}/latest` */
export const readLatest = (payload: Uint8Array): Latest | undefined => {
  const told = objectIn(payload)
  if (told === undefined || typeof told.ts !== 'number' || typeof told.receivedAt !== 'number')
    return undefined
  const { ts, receivedAt, values, custom } = told
  const others: { readonly [key: string]: Json } | null = isTable(custom) ? custom : null
  return { ts, receivedAt, values: isTable(values) ? values : {}, custom: others }
}

export interface StatusMessage {
  readonly status: 'online' | 'offline'
  readonly at: number | undefined
}

/** `devices/{id}/status`; a board's own will may be the bare word. */
export const readStatus = (payload: Uint8Array): StatusMessage | undefined => {
  const told = objectIn(payload)
  const word = told === undefined ? UTF8.decode(payload).trim() : told.status
  if (word !== 'online' && word !== 'offline') return undefined
  return { status: word, at: typeof told?.at === 'number' ? told.at : undefined }
}

/** The device id in a topic such as `sensors/porch/latest`. */
export const deviceIn = (topic: string): string => topic.slice(topic.indexOf('/') + 1, topic.lastIndexOf('/'))
