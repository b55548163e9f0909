/**
 * Text that Postgres can hold: no U+0000 (neither `text` nor `jsonb` can store it) and no half of a
 * surrogate pair (not expressible in UTF-8). Both become U+FFFD, the replacement character.
 */
const REPLACEMENT = '\uFFFD'

const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff
const isLow = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff

/** The index of the first unit that has to be replaced, or -1. */
export const illFormedAt = (text: string, from = 0): number => {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0) return i
    if (code < 0xd800 || code > 0xdfff) continue
    if (isHigh(code) && isLow(text.charCodeAt(i + 1))) i++
    else return i
  }
  return -1
}

/** `text` with U+0000 and lone surrogates replaced; the same string when there is nothing to replace. */
export const wellFormed = (text: string): string => {
  let at = illFormedAt(text)
  if (at === -1) return text
  let clean = ''
  let start = 0
  while (at !== -1) {
    clean += text.slice(start, at) + REPLACEMENT
    start = at + 1
    at = illFormedAt(text, start)
  }
  return clean + text.slice(start)
}
