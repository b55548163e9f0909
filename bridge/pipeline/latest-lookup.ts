import { BridgeError } from '../core/errors.ts'
import { type Latest, mergeReading } from '../core/latest.ts'
import type { DeviceId } from '../core/reading.ts'
import type { HistoryReader, LatestStore } from '../ports.ts'

/** Latest values found outside memory, and where. */
export interface Found {
  readonly latest: Latest
  readonly from: 'store' | 'history'
}

export interface Lookup {
  readonly found: readonly Found[]
  /** Why the answer may lack devices that do have values; undefined when it does not. */
  readonly failure: BridgeError | undefined
}

/** Looks in the store, then for those it does not have in history. Never rejects. */
export const lookUpLatest = async (
  deviceIds: readonly DeviceId[],
  store: LatestStore | undefined,
  history: HistoryReader | undefined,
): Promise<Lookup> => {
  const found: Found[] = []
  let failure: unknown
  try {
    for (const latest of (await store?.get(deviceIds)) ?? []) found.push({ latest, from: 'store' })
  } catch (error) {
    failure = error
  }
  const known = new Set(found.map(({ latest }) => latest.deviceId))
  const missing = deviceIds.filter((id) => !known.has(id))
  if (missing.length > 0 && history !== undefined) {
    try {
      for (const reading of await history.newest(missing)) {
        found.push({ latest: mergeReading(undefined, reading), from: 'history' })
      }
      // What a store that is away would have known, history knows as well.
      failure = undefined
    } catch (error) {
      failure = error
    }
  }
  return { found, failure: failure === undefined ? undefined : asUnavailable(failure) }
}

const asUnavailable = (cause: unknown): BridgeError =>
  new BridgeError('STORE_UNAVAILABLE', 'Latest values are neither in memory nor can they be looked up', {
    cause,
  })
