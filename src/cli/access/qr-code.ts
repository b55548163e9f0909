/** A QR code in a terminal, two rows of it in a line of text. */
import { encode, renderUnicodeCompact } from 'uqr'
import type { Terminal } from '../command.ts'

/** Readers want four blank modules around it; two are enough on a background that is blank itself. */
const BORDER = 2
const OPTIONS = { border: BORDER, ecc: 'L' } as const

// Black on white whatever the colours of the terminal are: white blocks on a black ground.
const BEGIN = '\u001b[38;5;231;48;5;16m'
const END = '\u001b[0m'

/** Whether the window shows it whole, with a line to spare. */
export const fits = (text: string, size: Terminal['size']): boolean => {
  if (size === undefined) return false
  const modules = encode(text, OPTIONS).size
  return size.columns >= modules && size.rows > Math.ceil(modules / 2)
}

/** `hasColours`: for a terminal. Without, light modules are the ink: right for light text on a dark ground. */
export const qrCode = (text: string, hasColours: boolean): string =>
  renderUnicodeCompact(text, OPTIONS)
    .split('\n')
    .map((line) => `${hasColours ? `${BEGIN}${line}${END}` : line}\n`)
    .join('')
