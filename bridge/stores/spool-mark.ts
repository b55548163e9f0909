/**
 * How far the spool reached, in a small file beside its LevelDB. LevelDB leaves out a torn or damaged end of its log
 * without a word; with the mark a start knows that rows were there, so that they are counted as lost.
 *
 * Written after each fsync and before the acks, and not fsynced itself: it outlives the process, and a power cut
 * may leave it behind the spool, never ahead. A mark that cannot be written or read is none: it is only ever asked
 * for after damage.
 *
 * 40 bytes, big-endian: u32 CRC-32 of what follows, u32 zero, 16 bytes spool id, f64 end, f64 rows.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

export interface SpoolMark {
  readonly spoolId: Buffer
  /** Where the newest entry ended. */
  readonly end: number
  /** Rows ever appended. */
  readonly rows: number
}

export interface MarkFile {
  /** The mark of the last run; undefined when there is none that is whole. */
  read(): Promise<SpoolMark | undefined>
  write(mark: SpoolMark): void
  close(): void
}

const BYTES = 40

const decode = (bytes: Buffer): SpoolMark | undefined => {
  if (bytes.length !== BYTES || crc32(bytes.subarray(4)) !== bytes.readUInt32BE(0)) return undefined
  return { spoolId: bytes.subarray(8, 24), end: bytes.readDoubleBE(24), rows: bytes.readDoubleBE(32) }
}

/** The mark in the file `path`; its folder must be there. */
export const createMarkFile = (path: string): MarkFile => {
  const bytes = Buffer.alloc(BYTES)
  let file: number | undefined

  return {
    read: async () => {
      try {
        return decode(await readFile(path))
      } catch {
        return undefined
      }
    },
    write: ({ spoolId, end, rows }) => {
      spoolId.copy(bytes, 8)
      bytes.writeDoubleBE(end, 24)
      bytes.writeDoubleBE(rows, 32)
      bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0)
      try {
        // Not truncated: the last mark stays until this one is written over it, on a full disk as well. 3 µs.
        file ??= openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
        writeSync(file, bytes, 0, BYTES, 0)
      } catch {
        // See above: the spool itself is sound, and says so by its own writes when the disk is not.
      }
    },
    close: () => {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}
