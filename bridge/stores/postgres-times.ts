import { SENSOR_COLUMNS } from '../core/copy-row.ts'
import { viewOf } from './resent-lines.ts'

const TAB = 0x09
const NEWLINE = 0x0a
const TS_COLUMN = SENSOR_COLUMNS.indexOf('ts')

/**
 * Where the column `ts` of the line that starts at `at` begins; the end of the chunk when it has none. Its few bytes
 * are looked at one by one: a call of `indexOf` for each column takes longer.
 */
export const tsStart = (chunk: Buffer, at: number): number => {
  let column = 0
  let start = at
  while (column < TS_COLUMN && start < chunk.length) if (chunk[start++] === TAB) column++
  return start
}

/** The text of the column `ts` of the line that starts at `at`. */
export const tsOfLine = (chunk: Buffer, at: number): string => {
  const start = tsStart(chunk, at)
  const end = chunk.indexOf(TAB, start)
  return end === -1 ? '' : chunk.toString('latin1', start, end)
}

/**
 * One time (epoch ms) of each month that occurs in the column `ts` of COPY text for `sensor_data`. Only
 * read when a row had no partition; what cannot be read as a time is left for Postgres to refuse.
 */
export const timesOf = (chunks: readonly Uint8Array[]): readonly number[] => {
  const times = new Map<string, number>()
  for (const bytes of chunks) {
    const chunk = viewOf(bytes)
    let at = 0
    while (at < chunk.length) {
      const text = tsOfLine(chunk, at)
      const month = text.slice(0, 7)
      const time = times.has(month) ? Number.NaN : Date.parse(text)
      if (!Number.isNaN(time)) times.set(month, time)
      const newline = chunk.indexOf(NEWLINE, at)
      at = newline === -1 ? chunk.length : newline + 1
    }
  }
  return [...times.values()]
}
