/** What the bridge needs of a store to read readings back: a part of ports.ts. */
import type { ExportQuery } from './core/export.ts'
import type { RangeAnswer, RangeQuery } from './core/range.ts'
import type { DeviceId, Reading } from './core/reading.ts'

export interface HistoryReader {
  /** The newest readings of a device by time of receipt, newest first. */
  recent(deviceId: DeviceId, limit: number): Promise<readonly Reading[]>
  /** The newest reading of each device by its own time; devices without one are absent. */
  newest(deviceIds: readonly DeviceId[]): Promise<readonly Reading[]>
}

export interface RangeReader {
  /**
   * Buckets, or the rows themselves, of each series over a range of time. Exactly what the stored readings give,
   * at one moment of the store; values with an absolute of 1e300 and more are left out.
   * Throws STORE_UNAVAILABLE, TIMEOUT when it takes too long, BUSY when too many questions wait, STOPPING after
   * `signal`, which ends what the store does for it.
   */
  read(query: RangeQuery, signal?: AbortSignal): Promise<RangeAnswer>
}

/** Bytes that are read at the reader's pace: a Readable of node. */
export interface ByteStream extends NodeJS.ReadableStream {
  readonly readableEnded: boolean
  readonly errored: Error | null
  destroy(error?: Error): unknown
}

export interface ReadingExport {
  /**
   * The rows of an export as bytes of its format, from one moment of the store. Resolves when the first of them is
   * there, or none is. What goes wrong later is the stream's error: it does not end as if it was whole. Destroying the stream,
   * or `signal`, ends what the store does for it at once.
   * Throws BUSY when too many exports run, STORE_UNAVAILABLE.
   */
  open(query: ExportQuery, signal: AbortSignal): Promise<ByteStream>
  /** Exports that run now. */
  readonly running: number
}
