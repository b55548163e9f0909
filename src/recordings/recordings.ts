/**
 * Films of the newest frames of a camera. One camera a film, a bounded number of films at a time, each made by
 * a process of its own that is ended for certain: when it is done, at its time-out, or by `stop`.
 */
import type { Clock, DeviceId, FrameService, Lifecycle, StoredFrame } from '../../bridge/index.ts'
import { filmArguments, filmRate } from './film-arguments.ts'
import { readPictures } from './pictures.ts'
import { type Claim, createRecordingFiles } from './recording-files.ts'
import type { RecordingService, RecordOutcome } from './recording-service.ts'
import { type RunEnd, runFfmpeg } from './run-ffmpeg.ts'

export interface RecordingsDeps {
  readonly frames: Pick<FrameService, 'list' | 'newestCamera' | 'folder'>
  readonly clock: Clock
  readonly log?: { warn(details: object, message: string): void }
}

export interface RecordingsOptions {
  /** Absolute path. */
  readonly folder: string
  /** A name found on PATH, or a path. */
  readonly ffmpeg?: string
  /** Films being made at the same time; one more is refused as busy. */
  readonly maxConcurrent?: number
  /** For the making of one film. */
  readonly timeoutMs?: number
}

export interface RecordingsStats {
  readonly running: number
  /** Since the start. */
  readonly made: number
  readonly failed: number
}

export type Recordings = RecordingService & Lifecycle & { stats(): RecordingsStats }

const WINDOW_MS = 30_000
const MIN_FRAMES = 2
/** 30 s at 60 frames a second; of more, the newest. */
const MAX_FRAMES = 1_800
const MAX_CONCURRENT = 2
const TIMEOUT_MS = 60_000

type Refusal = Extract<RecordOutcome, { ok: false }>

const refusal = (reason: Refusal['reason'], detail: string): Refusal => ({ ok: false, reason, detail })

const TOO_FEW = refusal('too-few-frames', 'Not enough recent frames to create a video.')
const BUSY = refusal('busy', 'Other recordings are being made; try again in a few seconds.')
const STOPPING = refusal('stopping', 'The server is stopping.')
const NO_FFMPEG = refusal(
  'no-ffmpeg',
  'Cannot find ffmpeg: recording needs it. Install the package ffmpeg on the server and try again.',
)
const FAILED = refusal('failed', 'The video could not be created.')
const TOO_SLOW = refusal('failed', 'The video could not be created in time.')

/** Makes recordings in `folder`, which must be this program's alone. */
export const createRecordings = (deps: RecordingsDeps, options: RecordingsOptions): Recordings => {
  const { frames, clock, log } = deps
  const { folder, ffmpeg = 'ffmpeg', timeoutMs = TIMEOUT_MS, maxConcurrent = MAX_CONCURRENT } = options
  const files = createRecordingFiles(folder)
  const running = new Set<Promise<RecordOutcome>>()
  const stopping = new AbortController()
  let started: Promise<void> | undefined
  let made = 0
  let failed = 0

  const failure = (end: Exclude<RunEnd, { ok: true }>): RecordOutcome => {
    if (end.reason === 'aborted') return STOPPING
    failed += 1
    log?.warn({ reason: end.reason, detail: end.detail }, 'a recording could not be made')
    if (end.reason === 'missing') return NO_FFMPEG
    return end.reason === 'timeout' ? TOO_SLOW : FAILED
  }

  /** The camera's frames of the window, oldest first. */
  const recentFrames = async (asked: DeviceId | undefined): Promise<readonly StoredFrame[]> => {
    const sinceMs = clock() - WINDOW_MS
    const deviceId = asked ?? frames.newestCamera()
    if (deviceId === undefined) return []
    const recent = await frames.list({ deviceId, sinceMs })
    return recent.toSorted((a, b) => a.at - b.at).slice(-MAX_FRAMES)
  }

  const film = async (claim: Claim, recent: readonly StoredFrame[]): Promise<RecordOutcome> => {
    const pictures = readPictures(frames.folder, recent)
    const end = await runFfmpeg({
      program: ffmpeg,
      arguments: filmArguments(filmRate(recent.length), claim.partPath),
      input: pictures.input,
      timeoutMs,
      signal: stopping.signal,
    })
    if (pictures.ended && pictures.count < MIN_FRAMES) return TOO_FEW
    if (!end.ok) return failure(end)
    await claim.publish()
    made += 1
    return { ok: true, name: claim.name, frameCount: pictures.count }
  }

  const make = async (deviceId: DeviceId | undefined): Promise<RecordOutcome> => {
    const recent = await recentFrames(deviceId)
    if (recent.length < MIN_FRAMES) return TOO_FEW
    const claim = await files.claim(clock())
    try {
      return await film(claim, recent)
    } finally {
      await claim.release()
    }
  }

  const record = async (deviceId?: DeviceId): Promise<RecordOutcome> => {
    if (stopping.signal.aborted) return STOPPING
    if (running.size >= maxConcurrent) return BUSY
    const outcome = make(deviceId).catch((error: unknown) =>
      failure({ ok: false, reason: 'failed', detail: String(error) }),
    )
    running.add(outcome)
    try {
      return await outcome
    } finally {
      running.delete(outcome)
    }
  }

  return {
    folder,
    record,
    list: files.list,
    remove: files.remove,
    stats: () => ({ running: running.size, made, failed }),
    start: () => {
      // Readings are taken in all the same; the next recording makes the folder, or says that it cannot.
      started ??= files.open().catch((error: unknown) => {
        log?.warn({ err: error }, 'the folder of the recordings cannot be opened')
      })
      return started
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
