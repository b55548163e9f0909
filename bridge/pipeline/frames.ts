/**
 * Camera pictures: checked, written, and only then announced, so that whoever hears of a picture can load it
 * (contract Q21). The newest one of each camera stays in memory. No picture is announced that is not on disk, and
 * none is lost without `frame:refused`.
 */
import { BAD_DEVICE_ID } from '../core/device-id.ts'
import { FRAME_LIMITS } from '../core/frame-rules.ts'
import type { DeviceId } from '../core/reading.ts'
import type { Rejection } from '../core/rejection.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, Done, FrameStore, Lifecycle, Message } from '../ports.ts'
import type { FrameService } from '../services.ts'
import { atMost } from './at-most.ts'
import { createFrameIndex } from './frame-index.ts'
import { createFrameIntake } from './frame-intake.ts'
import { createFrameListeners } from './frame-listeners.ts'
import { createFrameSweep } from './frame-sweep.ts'
import { createFrameTimes } from './frame-times.ts'
import { createFrameWrites } from './frame-writes.ts'
import { createNewestFrames, type NewestFrame } from './newest-frames.ts'

export interface FramesDeps {
  readonly store: FrameStore
  readonly events: BridgeEmitter
  readonly clock: Clock
  /** Tells a board why its MQTT message was refused, then calls `done`. Default: acks and tells nobody. */
  readonly reject?: (
    message: Message,
    deviceId: DeviceId | undefined,
    rejection: Rejection,
    done: Done,
  ) => void
}

export interface FramesOptions {
  /** How long a picture is kept on disk. */
  readonly keepMs: number
  /** Bound of all pictures on disk; the oldest make room. */
  readonly maxBytes: number
  readonly sweepMs: number
  /** Bound of their number. Default 200,000: ten cameras at 20 a second need 120,000 in ten minutes. */
  readonly maxFiles?: number
  /** Cameras whose newest picture stays in memory. Default 1,000, */
  readonly maxCameras?: number
  /** and the bytes of these pictures. Default 128 MiB. */
  readonly maxCameraBytes?: number
  /** Pictures held until they are written. Default 256, */
  readonly maxHeld?: number
  /** and their bytes. Default 64 MiB. */
  readonly maxHeldBytes?: number
}

export interface FramesStats {
  readonly cameras: number
  readonly files: number
  readonly bytes: number
  readonly held: number
  readonly heldBytes: number
  /** Pictures removed before their time, since the start. */
  readonly evicted: number
}

/** `stop` takes no more in, and resolves when all that was taken is stored and its senders are told. */
export interface Frames extends FrameService, Lifecycle {
  /**
   * Takes a message of `cameras/{id}/frame` in. `done()`: stored, refused for good, or lost for want of an ack;
   * `done(error)`: the disk takes no more, the board keeps it.
   */
  receive(message: Message, deviceId: DeviceId | undefined, done: Done): void
  stats(): FramesStats
}

const MIB = 1_048_576
/** Of the four threads that all file work and the spool's fsync share. */
const MAX_WRITING = 2
/** How long a start waits for the folder to be read: 100,000 files take some seconds, and nothing depends on them. */
const START_WAITS_MS = 500

const createParts = (deps: FramesDeps, options: FramesOptions) => {
  const { store, events, clock } = deps
  const index = createFrameIndex({ ...options, maxFiles: options.maxFiles ?? 200_000 })
  const sweep = createFrameSweep({ store, index, events, clock }, options.sweepMs)
  const listeners = createFrameListeners((error) =>
    events.emit('bridge:error', { error, where: 'frame listener' }),
  )
  const newest = createNewestFrames({
    maxCameras: options.maxCameras ?? 1_000,
    maxBytes: options.maxCameraBytes ?? 128 * MIB,
  })
  const writes = createFrameWrites(store, {
    maxWriting: MAX_WRITING,
    maxHeld: options.maxHeld ?? 256,
    maxHeldBytes: options.maxHeldBytes ?? 64 * MIB,
  })
  const stored = (picture: NewestFrame): void => {
    index.add(picture.frame)
    newest.put(picture)
    if (index.isOver) sweep.makeRoom()
    listeners.tell(picture.frame, picture.jpeg)
    events.emit('frame:stored', { frame: picture.frame })
  }
  const intake = createFrameIntake({ writes, times: createFrameTimes(clock), events, stored })
  return { index, sweep, listeners, newest, writes, intake }
}

type Parts = ReturnType<typeof createParts>

/** Reads what the store holds; without it Sluice serves on, and each write tries anew. */
const load = async ({ store, events }: FramesDeps, { index, sweep }: Parts): Promise<void> => {
  try {
    await store.open()
    index.load(await store.list())
  } catch (error) {
    events.emit('frames:failed', { error })
  }
  sweep.start()
}

/** The MQTT way in. */
const createReceive =
  ({ reject = (_message, _deviceId, _rejection, done) => done() }: FramesDeps, { intake }: Parts) =>
  (message: Message, deviceId: DeviceId | undefined, done: Done): void => {
    // An empty retained message clears the topic and says nothing.
    if (message.payload.byteLength === 0) return done()
    if (deviceId === undefined) {
      intake.refuse(null, 'bad-device-id')
      return reject(message, deviceId, BAD_DEVICE_ID, done)
    }
    intake.take(deviceId, message.payload, FRAME_LIMITS).then(
      (taken) => (taken.ok ? done() : reject(message, deviceId, taken.rejection, done)),
      // The loss is counted. Without an ack nobody sends it again, and to close the connection would help nobody.
      (error: Error) => (message.qos === 0 ? done() : done(error)),
    )
  }

/** Nothing is read or removed before `start`; pictures may come at once. */
export const createFrames = (deps: FramesDeps, options: FramesOptions): Frames => {
  const parts = createParts(deps, options)
  const { index, sweep, listeners, newest, writes, intake } = parts
  let started: Promise<unknown> | undefined
  let stopped: Promise<void> | undefined

  const stop = async (): Promise<void> => {
    await intake.stop()
    await sweep.stop()
  }

  return {
    folder: deps.store.folder,
    take: intake.take,
    receive: createReceive(deps, parts),
    newest: newest.get,
    newestStored: index.newestOf,
    newestCamera: () => index.last?.deviceId,
    onFrame: listeners.add,
    list: async (filter = {}) => index.list(filter),
    stats: () => ({
      cameras: newest.cameras,
      files: index.files,
      bytes: index.bytes,
      held: writes.held,
      heldBytes: writes.heldBytes,
      evicted: sweep.evicted,
    }),
    start: async () => {
      started ??= atMost(START_WAITS_MS, load(deps, parts))
      await started
    },
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
