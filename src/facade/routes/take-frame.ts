import {
  type DeviceId,
  type FrameDemands,
  type FrameTaken,
  isBridgeError,
  type Rejection,
  type StoredFrame,
} from '../../../bridge/index.ts'
import type { FacadeDeps } from '../app.ts'

export const RETRY_AFTER_S = 1

export type FrameOutcome =
  | { readonly ok: true; readonly frame: StoredFrame }
  | {
      readonly ok: false
      readonly status: 400 | 413 | 503
      readonly reason: Rejection['reason'] | 'outage'
      readonly error: string
    }

const answerOf = (taken: FrameTaken): FrameOutcome => {
  if (taken.ok) return taken
  const { reason, detail } = taken.rejection
  return { ok: false, status: reason === 'too-large' ? 413 : 400, reason, error: detail }
}

/** Stores a picture; says what to answer when it was not. Throws STOPPING. */
export const takeFrame = async (
  frames: FacadeDeps['frames'],
  { deviceId, jpeg }: { readonly deviceId: DeviceId; readonly jpeg: Uint8Array },
  demands: FrameDemands,
): Promise<FrameOutcome> => {
  try {
    return answerOf(await frames.take(deviceId, jpeg, demands))
  } catch (error) {
    if (!isBridgeError(error, 'STORE_UNAVAILABLE') && !isBridgeError(error, 'BUSY')) throw error
    const sentence = 'No more pictures can be stored at the moment'
    return { ok: false, status: 503, reason: 'outage', error: sentence }
  }
}
