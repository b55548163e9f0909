/**
 * After a start, what the spool holds and Postgres does not have yet is read back, so that latest values and
 * recent readings know it before the first new message.
 */
import { decodeRow } from '../core/copy-row.ts'
import type { Reading } from '../core/reading.ts'
import type { SpoolStore } from '../ports.ts'

/**
 * Of a longer backlog only the newest part: reading back all of it would hold up the start. Devices whose newest
 * reading is older than that part are known as Postgres knows them until the drain has come by.
 */
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

/** Hands the newest `maxBytes` of the spool to `take`, group by group, in order of offsets. */
export const warmUp = async (
  spool: SpoolStore,
  take: (readings: readonly Reading[], offset: number) => void,
  maxBytes: number = MAX_WARM_UP_BYTES,
): Promise<void> => {
  for await (const entry of spool.entries(await spool.newest(maxBytes))) {
    const readings = readingsOf(entry.readings)
    if (readings !== undefined) take(readings, entry.offset)
  }
}
