import { LRUCache } from 'lru-cache'
import type { StoredFrame } from '../core/frame.ts'
import type { DeviceId } from '../core/reading.ts'

export interface NewestFrame {
  readonly frame: StoredFrame
  readonly jpeg: Uint8Array
}

export interface NewestFrames {
  /** Keeps the picture in place of the one before. */
  put(newest: NewestFrame): void
  get(deviceId: DeviceId): NewestFrame | undefined
  readonly cameras: number
}

export interface NewestFramesLimits {
  readonly maxCameras: number
  readonly maxBytes: number
}

/** The newest picture of each camera, in bounded number and bytes; the camera nobody asked about for longest goes. */
export const createNewestFrames = ({ maxCameras, maxBytes }: NewestFramesLimits): NewestFrames => {
  const cameras = new LRUCache<DeviceId, NewestFrame>({
    max: maxCameras,
    maxSize: maxBytes,
    sizeCalculation: ({ jpeg }) => Math.max(1, jpeg.byteLength),
  })
  return {
    put: (newest) => void cameras.set(newest.frame.deviceId, newest),
    get: (deviceId) => cameras.get(deviceId),
    get cameras() {
      return cameras.size
    },
  }
}
