/**
 * How one spool entry lies in LevelDB. LevelDB checks its own blocks; the CRC here is the last word on
 * whether an entry is what was written, whoever changed the file.
 *
 * Key: one byte `e`, then the offset as a big-endian double: for positive numbers its bytes sort as the
 * numbers do, and it holds every safe integer.
 *
 * Value, big-endian:
 *   0  u32 CRC-32 of all that follows     4  u8 version     5  u8 × 3 zero
 *   8  f64 offset    16 f64 previousEnd   24 f64 position (bytes of all entries before this one)
 *  32  u32 reading rows  36 u32 dead rows 40 u32 bytes of readings  44 u32 bytes of dead letters
 *  48  16 bytes spool id                  64 f64 row (rows of all entries before this one)
 *  72  readings, then dead letters
 *
 * Version 1 had no row, its readings began at 64: the offset stands in for it, which is as good for telling how many
 * rows lie between two entries of one run.
 */
import { crc32 } from 'node:zlib'
import type { SpoolEntry } from '../ports.ts'

const VERSION = 2
const HEADER_BYTES = 72
const HEADER_BYTES_V1 = 64
const ENTRY_PREFIX = 0x65 // e
const KEY_BYTES = 9

/** An entry and what the store itself needs to know of it. */
export interface StoredEntry {
  readonly entry: SpoolEntry
  /** Bytes of all entries ever written before this one: the difference of two is the spool's size. */
  readonly position: number
  readonly spoolId: Buffer
}

/** The key of the entry whose first row has this offset. */
export const entryKey = (offset: number): Buffer => {
  const key = Buffer.allocUnsafe(KEY_BYTES)
  key[0] = ENTRY_PREFIX
  key.writeDoubleBE(offset, 1)
  return key
}

/** The offset in an entry's key. */
export const keyOffset = (key: Buffer): number => key.readDoubleBE(1)

/** The bytes an entry takes as a value. */
export const storedBytes = (entry: SpoolEntry): number =>
  HEADER_BYTES + entry.readings.byteLength + entry.deadLetters.byteLength

/** The value of an entry. */
export const encodeEntry = ({ entry, position, spoolId }: StoredEntry): Buffer => {
  const value = Buffer.allocUnsafe(storedBytes(entry))
  value.writeUInt32BE(VERSION << 24, 4)
  value.writeDoubleBE(entry.offset, 8)
  value.writeDoubleBE(entry.previousEnd, 16)
  value.writeDoubleBE(position, 24)
  value.writeUInt32BE(entry.readingRows, 32)
  value.writeUInt32BE(entry.deadRows, 36)
  value.writeUInt32BE(entry.readings.byteLength, 40)
  value.writeUInt32BE(entry.deadLetters.byteLength, 44)
  spoolId.copy(value, 48)
  value.writeDoubleBE(entry.row, 64)
  value.set(entry.readings, HEADER_BYTES)
  value.set(entry.deadLetters, HEADER_BYTES + entry.readings.byteLength)
  value.writeUInt32BE(crc32(value.subarray(4)), 0)
  return value
}

const headerBytes = (version: number | undefined): number | undefined =>
  version === VERSION ? HEADER_BYTES : version === 1 ? HEADER_BYTES_V1 : undefined

/** The entry in a value; undefined when a bit of it is not as it was written. */
export const decodeEntry = (value: Buffer): StoredEntry | undefined => {
  const header = headerBytes(value[4])
  if (header === undefined || value.length < header) return undefined
  if (crc32(value.subarray(4)) !== value.readUInt32BE(0)) return undefined
  const readingsEnd = header + value.readUInt32BE(40)
  const offset = value.readDoubleBE(8)
  return {
    entry: {
      offset,
      previousEnd: value.readDoubleBE(16),
      row: header === HEADER_BYTES ? value.readDoubleBE(64) : offset,
      readingRows: value.readUInt32BE(32),
      deadRows: value.readUInt32BE(36),
      readings: value.subarray(header, readingsEnd),
      deadLetters: value.subarray(readingsEnd, readingsEnd + value.readUInt32BE(44)),
    },
    position: value.readDoubleBE(24),
    spoolId: value.subarray(48, HEADER_BYTES_V1),
  }
}
