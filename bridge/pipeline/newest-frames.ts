import { LRUCache } from 'lru-cache'
import type { StoredFrame } from '../core/frame.ts'
import type { DeviceId } from '../core/reading.ts'

export interface NewestFrame {
  readonly frame: StoredFrame
  readonly jpeg: Uint8Array
  /** Order of taking in, counted up; not the time, for the clock may be set back. */
  readonly turn: number
}

export interface NewestFrames {
  /** Keeps the picture unless a later one of the camera is there already. */
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
    put: (newest) => {
      const { deviceId } = newest.frame
      const known = cameras.peek(deviceId)
      if (known === undefined || known.turn < newest.turn) cameras.set(deviceId, newest)
    },
    get: (deviceId) => cameras.get(deviceId),
    get cameras() {
      return cameras.size
    },
  }
}
