import type { DeviceId } from '../../bridge/index.ts'

export interface Recording {
  /** `rec_<ms>.mp4`. */
  readonly name: string
  /** Epoch ms, from the name. */
  readonly createdAt: number
  readonly bytes: number
}

export type RecordOutcome =
  | { readonly ok: true; readonly name: string; readonly frameCount: number }
  | {
      readonly ok: false
      /**
       * `no-ffmpeg`: the program is not installed. `busy`: as many recordings as may be are being made.
       * `stopping`: the program ends.
       */
      readonly reason: 'too-few-frames' | 'no-ffmpeg' | 'busy' | 'stopping' | 'failed'
      /** One sentence for the user. */
      readonly detail: string
    }

/** Turns the newest frames of a camera into MP4 files. */
export interface RecordingService {
  /** The last 30 s of one camera; without an id, of the camera whose frame is the newest. Never throws. */
  record(deviceId?: DeviceId): Promise<RecordOutcome>
  /** Newest first. */
  list(): Promise<readonly Recording[]>
  /** False: there is no such recording. Throws when the file cannot be deleted. */
  remove(name: string): Promise<boolean>
  /** Absolute path of the folder that holds the files. */
  readonly folder: string
}
