/**
 * The text format of Postgres COPY: fields parted by tabs, rows by newlines, null is `\N`, and backslash, tab,
 * newline and carriage return are escaped with a backslash. A raw newline therefore always ends a row.
 */
import { illFormedAt, wellFormed } from './well-formed.ts'

export const COPY_NULL = '\\N'

const BACKSLASH = 0x5c
const ESCAPES = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' } as const
const UNESCAPES: { readonly [letter: string]: string } = { t: '\t', n: '\n', r: '\r' }

/** True when a text needs no change: one pass, since nearly all need none. */
const isPlain = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH || code <= 0x0d) return false
    if (code >= 0xd800 && code <= 0xdfff) return illFormedAt(text, i) === -1 && !/[\\\t\n\r]/.test(text)
  }
  return true
}

/** A text as COPY field; what Postgres cannot hold (U+0000, lone surrogates) becomes U+FFFD. */
export const escapeText = (text: string): string => {
  if (isPlain(text)) return text
  return wellFormed(text).replace(/[\\\t\n\r]/g, (special) => ESCAPES[special as keyof typeof ESCAPES])
}

/** A COPY field as text; the inverse of `escapeText` for text that Postgres can hold. */
export const unescapeText = (field: string): string =>
  field.includes('\\') ? field.replace(/\\(.)/g, (_, letter: string) => UNESCAPES[letter] ?? letter) : field

/** A field that may be null. */
export const escapeNullable = (text: string | null): string => (text === null ? COPY_NULL : escapeText(text))

export const unescapeNullable = (field: string): string | null =>
  field === COPY_NULL ? null : unescapeText(field)

/** A finite number or null as COPY field, as JavaScript prints it (`1e+21` is fine for Postgres); -0 is 0. */
export const numberField = (value: number | null): string => (value === null ? COPY_NULL : `${value}`)

export const parseNumberField = (field: string): number | null => (field === COPY_NULL ? null : Number(field))

/**
 * Formats epoch ms as `2026-11-23T03:37:12.345Z`. Remembers the last second, since rows come in order of time:
 * `toISOString` alone costs more than the rest of a row.
 */
export const createTimestampFormat = (): ((epochMs: number) => string) => {
  let lastMs = Number.NaN
  let lastText = ''
  let second = Number.NaN
  let head = ''
  return (epochMs) => {
    if (epochMs === lastMs) return lastText
    const whole = Math.floor(epochMs / 1000)
    if (whole !== second) {
      head = new Date(whole * 1000).toISOString().slice(0, -4)
      second = whole
    }
    const ms = epochMs - whole * 1000
    lastText = `${head}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
    lastMs = epochMs
    return lastText
  }
}
