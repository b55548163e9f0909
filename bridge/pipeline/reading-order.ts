/** A place in the order of receipt. */
export interface Place {
  readonly receivedAt: number
  readonly ts: number
  readonly seq: number | null
}

/**
 * The order of `HistoryReader.recent`: by time of receipt, of one message by the readings' own time, then by
 * `seq` (none is lowest). Negative when `a` is older.
 */
export const byReceipt = (a: Place, b: Place): number =>
  a.receivedAt - b.receivedAt || a.ts - b.ts || (a.seq ?? -1) - (b.seq ?? -1)
