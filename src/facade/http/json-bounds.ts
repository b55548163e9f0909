/**
 * Whether a JSON text may be parsed at all. 36 MiB of `[],[],…` hold the one thread up for five seconds and fill a
 * gigabyte; what nests a few thousand deep cannot be written as JSON again. To look over 50 MiB takes a tenth of a
 * second.
 */

/** A thousand readings of a thousand fields. */
const MAX_VALUES = 1_000_000
const MAX_DEPTH = 1_000
/** Shorter texts cannot be over either bound. */
export const SURELY_SIMPLE = MAX_DEPTH

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c

/** `[` or `{` */
const opens = (byte: number): boolean => byte === 0x5b || byte === 0x7b
/** `]` or `}` */
const closes = (byte: number): boolean => byte === 0x5d || byte === 0x7d

/** Where the text that begins at `from` ends. */
const endOfText = (json: Uint8Array, from: number): number => {
  let at = from + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at
}

/** More values than anybody needs, or nested deeper. Broken JSON may be either: the parser says what it is. */
export const isOverJsonBounds = (json: Uint8Array): boolean => {
  let depth = 0
  let values = 0
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0
    if (byte === QUOTE) at = endOfText(json, at)
    else if (byte === COMMA) values += 1
    else if (opens(byte)) {
      values += 1
      depth += 1
      if (depth > MAX_DEPTH) return true
    } else if (closes(byte)) depth -= 1
    if (values > MAX_VALUES) return true
  }
  return false
}
