import type { DeviceId } from './reading.ts'

/** One camera picture that is stored and can be read. */
export interface StoredFrame {
  readonly deviceId: DeviceId
  /** Epoch ms of receipt; no two frames of a device share one. */
  readonly at: number
  /** The file's name in the frames folder: `<encoded id>_<ms>.jpg`. */
  readonly filename: string
  readonly bytes: number
}
