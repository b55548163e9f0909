/** One decimal number, as `printf` or a JSON library writes it. Unambiguous, so that it runs in linear time. */
const NUMERIC = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i

/** No number of use is longer; a text of 64 KiB is not worth looking at. */
const MAX_NUMERIC_LENGTH = 64

const parseNumeric = (text: string): number | undefined => {
  if (text.length > MAX_NUMERIC_LENGTH || !NUMERIC.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value + 0 : undefined
}

/**
 * A finite number, given as a number or as numeric text; -0 becomes 0. Null when absent or null (a board's
 * JSON library writes NaN as null). Undefined when it is anything else: empty text, `nan`, hexadecimal,
 * 1e999, a boolean, an object.
 */
export const readNumber = (value: unknown): number | null | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? parseNumeric(value) : undefined
}
