/**
 * The way of a picture: checked, named, written, and only then handed on. Whatever is not kept is counted by
 * `frame:refused`; an outage of the disk is told once, at its first picture, and ends with the next one written.
 */
import { BridgeError } from '../core/errors.ts'
import type { StoredFrame } from '../core/frame.ts'
import { frameFilename } from '../core/frame-name.ts'
import { refuseFrame } from '../core/frame-rules.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BridgeEmitter, FrameRefusal } from '../events.ts'
import type { FrameService } from '../services.ts'
import type { FrameTimes } from './frame-times.ts'
import type { FrameWrites } from './frame-writes.ts'
import type { NewestFrame } from './newest-frames.ts'

export interface FrameIntakeDeps {
  readonly writes: FrameWrites
  readonly times: FrameTimes
  readonly events: BridgeEmitter
  /** Told of each picture once its file can be read. */
  readonly stored: (newest: NewestFrame) => void
}

export interface FrameIntake {
  readonly take: FrameService['take']
  /** Counts a picture that was not kept. */
  refuse(deviceId: DeviceId | null, reason: FrameRefusal): void
  /** From now on nothing is taken; resolves when what was taken is written, and told. */
  stop(): Promise<void>
}

export const createFrameIntake = ({ writes, times, events, stored }: FrameIntakeDeps): FrameIntake => {
  /** The last picture of each camera that has one under way: pictures are told in the order they came. */
  const last = new Map<DeviceId, Promise<void>>()
  let isDiskFailing = false
  let stopping = false

  const refuse = (deviceId: DeviceId | null, reason: FrameRefusal): void => {
    events.emit('frame:refused', { deviceId, reason })
  }

  const begin = (deviceId: DeviceId, filename: string, jpeg: Uint8Array): Promise<void> => {
    const writing = stopping ? undefined : writes.write(filename, jpeg)
    if (writing !== undefined) return writing
    refuse(deviceId, stopping ? 'stopping' : 'busy')
    if (stopping) throw new BridgeError('STOPPING', 'No more pictures are taken in')
    throw new BridgeError('BUSY', 'Too many pictures wait for the disk')
  }

  const finish = async (writing: Promise<void>, deviceId: DeviceId): Promise<void> => {
    try {
      await writing
      isDiskFailing = false
    } catch (error) {
      if (!isDiskFailing) events.emit('frames:failed', { error })
      isDiskFailing = true
      refuse(deviceId, 'disk')
      throw error
    }
  }

  const store = async (deviceId: DeviceId, jpeg: Uint8Array): Promise<StoredFrame> => {
    const at = times.next(deviceId)
    const frame = { deviceId, at, filename: frameFilename(deviceId, at), bytes: jpeg.byteLength }
    const writing = begin(deviceId, frame.filename, jpeg)
    // Resolves to nothing, or each would hold on to the results of all before it.
    const settled = Promise.allSettled([last.get(deviceId), writing]).then(() => undefined)
    last.set(deviceId, settled)
    await settled
    if (last.get(deviceId) === settled) last.delete(deviceId)
    await finish(writing, deviceId)
    stored({ frame, jpeg })
    return frame
  }

  return {
    refuse,
    take: async (deviceId, jpeg, demands = {}) => {
      const rejection = refuseFrame(jpeg, demands)
      if (rejection === undefined) return { ok: true, frame: await store(deviceId, jpeg) }
      refuse(deviceId, rejection.reason)
      return { ok: false, rejection }
    },
    stop: async () => {
      stopping = true
      await writes.idle()
      // Who sent the last ones is answered in the same turn.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
