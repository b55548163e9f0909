import { type DeviceId, type JsonValue, METRICS, type MetricName, type Reading } from './reading.ts'

/**
 * The newest known values of one device. A newer reading replaces what it holds and leaves the rest:
 * a board may send temperature and humidity in messages of their own.
 */
export interface Latest {
  readonly deviceId: DeviceId
  /** Epoch ms of the newest reading merged. Never moves backwards. */
  readonly ts: number
  readonly receivedAt: number
  readonly values: { readonly [name in MetricName]?: number }
  readonly custom: { readonly [key: string]: JsonValue } | null
}

/**
 * Newest wins: by `ts`, and of two with the same `ts` by time of receipt, and of two with the same
 * receipt the one that came second. A late reading (backfill) changes nothing.
 */
export const isNewer = (
  known: { readonly ts: number; readonly receivedAt: number },
  candidate: { readonly ts: number; readonly receivedAt: number },
): boolean =>
  candidate.ts > known.ts || (candidate.ts === known.ts && candidate.receivedAt >= known.receivedAt)

/** The latest values after `reading`; the same object when the reading is not newer. */
export const mergeReading = (known: Latest | undefined, reading: Reading): Latest => {
  if (known !== undefined && !isNewer(known, reading)) return known
  const values: { [name in MetricName]?: number } = known === undefined ? {} : { ...known.values }
  for (const metric of METRICS) {
    const value = reading[metric]
    if (value !== null) values[metric] = value
  }
  return {
    deviceId: reading.deviceId,
    ts: reading.ts,
    receivedAt: reading.receivedAt,
    values,
    custom: reading.custom ?? known?.custom ?? null,
  }
}

/** Merges two latest values of one device; what only the older one holds is kept. */
export const mergeLatest = (known: Latest | undefined, incoming: Latest): Latest => {
  if (known === undefined) return incoming
  const [older, newer] = isNewer(known, incoming) ? [known, incoming] : [incoming, known]
  return { ...newer, values: { ...older.values, ...newer.values }, custom: newer.custom ?? older.custom }
}
