/**
 * What happens at the bounds of the spool. A message with an ack is held: its sender keeps it and tries again.
 * One without (QoS 0) is dropped, and counted by the caller.
 */
export interface SpoolUse {
  /** Bytes on disk that Postgres does not have yet. */
  readonly spoolBytes: number
  /** What is in memory and not on disk yet takes: see `memoryOf`. */
  readonly memoryBytes: number
}

/**
 * What a row that waits for the disk takes besides its text: packet, reading, callbacks. Measured with messages of
 * one reading, at a stalled fsync: 0.9–1.1 KiB. Of a reading in an array it is about half.
 */
const PENDING_ROW_BYTES = 1_024

/** The memory of rows that are not on disk yet, about. */
export const memoryOf = (pending: { readonly pendingBytes: number; readonly pendingRows: number }): number =>
  pending.pendingBytes + pending.pendingRows * PENDING_ROW_BYTES

export interface SpoolBounds {
  readonly maxSpoolBytes: number
  readonly maxMemoryBytes: number
}

/** Room is announced again only below this share of a bound, so that `full` does not flicker at the edge. */
const FREE_AGAIN = 0.95

/** Whether the spool counts as full: from 100 % of either bound on, until both are below 95 %. */
export const isFull = (use: SpoolUse, bounds: SpoolBounds, wasFull: boolean): boolean => {
  const share = wasFull ? FREE_AGAIN : 1
  return use.spoolBytes >= bounds.maxSpoolBytes * share || use.memoryBytes >= bounds.maxMemoryBytes * share
}
