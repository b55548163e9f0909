/**
 * The lines of COPY text for `sensor_data` that belong to certain boots, and the text without some of them. Lines
 * are found by their first bytes, device and boot as they are escaped, so that no other line is decoded.
 */
import { escapeText } from '../core/copy-text.ts'
import type { BootClaim } from '../core/unverified.ts'

const TAB = 0x09
const NEWLINE = 0x0a

export interface Line {
  readonly chunk: number
  readonly start: number
  /** After its newline. */
  readonly end: number
  readonly seq: number
}

/** Of each boot asked for, its lines in order; a boot without any is absent. */
export type LinesOfBoots<B extends BootClaim> = ReadonlyMap<B, readonly Line[]>

/** The same bytes. */
export const viewOf = (chunk: Uint8Array): Buffer =>
  Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)

/** Where a line's first two fields end, the tab included; 0 when there are none. */
export const identityEnd = (chunk: Buffer, start: number): number =>
  chunk.indexOf(TAB, chunk.indexOf(TAB, start) + 1) + 1

/** Finds the lines of these boots that have a `seq`. */
export const linesOfBoots = <B extends BootClaim>(
  chunks: readonly Uint8Array[],
  boots: readonly B[],
): LinesOfBoots<B> => {
  const wanted = new Map<string, B>()
  for (const boot of boots) {
    const start = `${escapeText(boot.deviceId)}\t${escapeText(boot.boot)}\t`
    wanted.set(Buffer.from(start).toString('latin1'), boot)
  }
  const found = new Map<B, Line[]>()
  chunks.forEach((bytes, index) => {
    const chunk = viewOf(bytes)
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start)
      const end = newline === -1 ? chunk.length : newline + 1
      const field = identityEnd(chunk, start)
      const boot = wanted.get(chunk.toString('latin1', start, field))
      const seq = boot && Number(chunk.toString('latin1', field, chunk.indexOf(TAB, field)))
      if (boot !== undefined && Number.isSafeInteger(seq)) {
        const line = { chunk: index, start, end, seq: seq ?? 0 }
        const lines = found.get(boot)
        if (lines === undefined) found.set(boot, [line])
        else lines.push(line)
      }
      start = end
    }
  })
  return found
}

/** The chunks without these lines; those that have none of them are the very same. */
export const withoutLines = (
  chunks: readonly Uint8Array[],
  lines: readonly Line[],
): readonly Uint8Array[] => {
  if (lines.length === 0) return chunks
  const byChunk = new Map<number, Line[]>()
  for (const line of lines) byChunk.set(line.chunk, [])
  for (const line of lines) byChunk.get(line.chunk)?.push(line)
  return chunks.flatMap((chunk, index) => {
    const left = (byChunk.get(index) ?? []).toSorted((a, b) => a.start - b.start)
    if (left.length === 0) return [chunk]
    const kept: Uint8Array[] = []
    let from = 0
    for (const { start, end } of left) {
      if (start > from) kept.push(chunk.subarray(from, start))
      from = end
    }
    if (from < chunk.length) kept.push(chunk.subarray(from))
    return kept
  })
}
