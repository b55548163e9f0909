import type { StoredFrame } from '../../bridge/index.ts'

/** What the face service said of a frame: fields as the older backend's event has them. */
export interface Recognition {
  readonly status: string
  readonly recognizedAs: string | null
  readonly [field: string]: unknown
}

export interface RecognitionComplete {
  readonly frame: StoredFrame
  readonly recognition: Recognition
}

export interface Face {
  readonly image: Uint8Array
  readonly filename: string
  readonly contentType: string
  readonly name: string
}

export type FaceAdded =
  | { readonly ok: true; readonly message: string }
  | {
      readonly ok: false
      /** `disabled`: RECOGNITION_URL is not set. `busy`: as many faces as may be are being added. */
      readonly reason: 'disabled' | 'refused' | 'unreachable' | 'busy'
      readonly detail: string
    }

/** A face recognition service somewhere else. */
export interface RecognitionService {
  /** Asks about a stored frame; the answer goes to the listeners. Returns at once, never throws. */
  look(frame: StoredFrame, jpeg: Uint8Array): void
  /** Returns its own end. */
  onComplete(listener: (complete: RecognitionComplete) => void): () => void
  addFace(face: Face): Promise<FaceAdded>
}
