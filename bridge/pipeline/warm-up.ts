/**
 * After a start, what the spool holds and Postgres does not have yet is read back, so that latest values and
 * recent readings know it before the first new message.
 */
import { decodeRow } from '../core/copy-row.ts'
import type { Reading } from '../core/reading.ts'
import type { SpoolStore } from '../ports.ts'

/** A longer backlog is left to the drain: reading it back would hold up the start. */
export const MAX_WARM_UP_BYTES = 64 * 1024 * 1024

/** Undefined when a row cannot be read (another version wrote it, say): that is no reason not to start. */
const readingsOf = (chunk: Uint8Array): readonly Reading[] | undefined => {
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8')
  try {
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(decodeRow)
  } catch {
    return undefined
  }
}

/** Hands each spooled group to `take`, in order of offsets; nothing of a backlog over `maxBytes`. */
export const warmUp = async (
  spool: SpoolStore,
  take: (readings: readonly Reading[], offset: number) => void,
  maxBytes: number = MAX_WARM_UP_BYTES,
): Promise<void> => {
  if (spool.bytes > maxBytes) return
  for await (const entry of spool.entries(0)) {
    const readings = readingsOf(entry.readings)
    if (readings !== undefined) take(readings, entry.offset)
  }
}
