/**
 * Shows pictures to a face recognition service. Bounded in every direction: so many looks at a time, so long,
 * so much of an answer. A look too many is left out and counted, not queued: the next frame is worth more than
 * an old one.
 */
import type { Lifecycle, StoredFrame } from '../../bridge/index.ts'
import {
  faceAddedOf,
  faceDisabled,
  faceUnreachable,
  recognitionDisabled,
  recognitionOf,
  recognitionUnreachable,
} from './face-answers.ts'
import { createFaceClient, type FaceClient } from './face-client.ts'
import { createGathering } from './gathering.ts'
import type {
  Face,
  FaceAdded,
  Recognition,
  RecognitionComplete,
  RecognitionService,
} from './recognition-service.ts'

export interface RecognitionDeps {
  readonly fetch?: typeof fetch
  /** Told what a listener threw. */
  readonly onError?: (error: unknown) => void
}

export interface RecognitionOptions {
  /** Such as `http://localhost:9001`; may hold a user and a password. Undefined: recognition is disabled. */
  readonly url: string | undefined
  /** For one look. */
  readonly timeoutMs: number
  /** For adding one face, which takes a service longer. */
  readonly addTimeoutMs?: number
  /** Looks at a time, and faces being added at a time. */
  readonly maxInFlight: number
}

export interface RecognitionStats {
  readonly inFlight: number
  /** Since the start: frames shown to the service. */
  readonly asked: number
  /** Frames not shown because as many as may be were being looked at. */
  readonly skipped: number
  /** Looks without an answer: the service is away, or too slow. */
  readonly unanswered: number
}

export type RecognitionPart = RecognitionService & Lifecycle & { stats(): RecognitionStats }

const ADD_TIMEOUT_MS = 10_000
const LOOK_PATH = '/api/v1/recognize'
const ADD_PATH = '/api/v1/recognition/add-permitted-face'
const BUSY: FaceAdded = {
  ok: false,
  reason: 'busy',
  detail: 'Other faces are being added; try again in a few seconds.',
}

const formOf = (image: Uint8Array, contentType: string, filename: string): FormData => {
  const form = new FormData()
  form.append('image', new Blob([image], { type: contentType }), filename)
  return form
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'the connection failed'

/** Recognition by the service at `options.url`. */
export const createRecognition = (deps: RecognitionDeps, options: RecognitionOptions): RecognitionPart => {
  const { url, timeoutMs, maxInFlight, addTimeoutMs = ADD_TIMEOUT_MS } = options
  const client = url === undefined ? undefined : createFaceClient(deps.fetch ?? fetch, new URL(url))
  const listeners = new Set<(complete: RecognitionComplete) => void>()
  const looks = createGathering()
  const adding = createGathering()
  const counts = { asked: 0, skipped: 0, unanswered: 0 }
  let stopped = false

  const tell = (frame: StoredFrame, recognition: Recognition): void => {
    for (const listener of listeners) {
      try {
        listener({ frame, recognition })
      } catch (error) {
        deps.onError?.(error)
      }
    }
  }

  const ask = async (service: FaceClient, jpeg: Uint8Array): Promise<Recognition> => {
    try {
      return recognitionOf(await service.post(LOOK_PATH, formOf(jpeg, 'image/jpeg', 'frame.jpg'), timeoutMs))
    } catch (error) {
      counts.unanswered += 1
      return recognitionUnreachable(messageOf(error))
    }
  }

  const look = (frame: StoredFrame, jpeg: Uint8Array): void => {
    if (stopped) return
    if (client === undefined) return tell(frame, recognitionDisabled)
    if (looks.size() >= maxInFlight) {
      counts.skipped += 1
      return
    }
    counts.asked += 1
    void looks.run(ask(client, jpeg)).then((recognition) => {
      if (!stopped) tell(frame, recognition)
    })
  }

  const add = async (service: FaceClient, face: Face): Promise<FaceAdded> => {
    try {
      const form = formOf(face.image, face.contentType, face.filename)
      form.append('name', face.name)
      return faceAddedOf(await service.post(ADD_PATH, form, addTimeoutMs), face.name)
    } catch (error) {
      return faceUnreachable(messageOf(error))
    }
  }

  return {
    look,
    addFace: async (face) => {
      if (client === undefined) return faceDisabled
      return adding.size() >= maxInFlight ? BUSY : adding.run(add(client, face))
    },
    onComplete: (listener) => {
      // A function of its own, so that the same listener given twice is two.
      const own = (complete: RecognitionComplete): void => listener(complete)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    stats: () => ({ inFlight: looks.size(), ...counts }),
    start: async () => undefined,
    stop: async () => {
      stopped = true
      client?.stop()
      await Promise.all([looks.done(), adding.done()])
    },
  }
}
