const BYTES_PER_LINE = 16

const shown = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')

/** Bytes as `hexdump -C` shows them: where, in hexadecimal, as ASCII. */
export const hexDump = (bytes: Uint8Array): string => {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += BYTES_PER_LINE) {
    const line = [...bytes.subarray(at, at + BYTES_PER_LINE)]
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0'))
    const halves = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`.padEnd(BYTES_PER_LINE * 3)
    lines.push(`${at.toString(16).padStart(8, '0')}  ${halves}  |${line.map(shown).join('')}|\n`)
  }
  return lines.join('')
}
