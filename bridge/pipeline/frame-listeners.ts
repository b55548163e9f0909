import { asError } from '../core/errors.ts'
import type { StoredFrame } from '../core/frame.ts'
import type { DeviceId } from '../core/reading.ts'

export type FrameListener = (jpeg: Uint8Array, frame: StoredFrame) => void

export interface FrameListeners {
  /** Adds a listener of one camera; the answer removes it. */
  add(deviceId: DeviceId, listener: FrameListener): () => void
  /** A listener that throws is reported; the others are told all the same. */
  tell(frame: StoredFrame, jpeg: Uint8Array): void
}

/** Who looks at which camera. */
export const createFrameListeners = (onError: (error: Error) => void): FrameListeners => {
  const cameras = new Map<DeviceId, Set<FrameListener>>()
  return {
    add: (deviceId, listener) => {
      const watching = cameras.get(deviceId) ?? new Set()
      cameras.set(deviceId, watching)
      // The same function may listen twice; each end ends its own.
      const told: FrameListener = (jpeg, frame) => listener(jpeg, frame)
      watching.add(told)
      return () => {
        watching.delete(told)
        if (watching.size === 0 && cameras.get(deviceId) === watching) cameras.delete(deviceId)
      }
    },
    tell: (frame, jpeg) => {
      for (const listener of cameras.get(frame.deviceId) ?? []) {
        try {
          listener(jpeg, frame)
        } catch (error) {
          onError(asError(error))
        }
      }
    },
  }
}
