/**
 * Text of boards as it may be shown on a terminal: what would move the cursor, change colours, turn the direction
 * of writing or hide text is shown by its number.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const EXCEPT_LINES = /[^\n\t]/

const numbered = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`

/** On one line. */
export const printable = (text: string): string => text.replace(INVISIBLE, numbered)

/** Newlines and tabs stay. */
export const printableLines = (text: string): string =>
  text.replace(INVISIBLE, (character) => (EXCEPT_LINES.test(character) ? numbered(character) : character))

/** Printable, on one line, of at most `width` characters. */
export const cut = (text: string, width: number): string => {
  const characters = [...printable(text.slice(0, width * 2))]
  return characters.length > width || text.length > width * 2
    ? `${characters.slice(0, width - 1).join('')}…`
    : characters.join('')
}
