/**
 * Which pictures are on disk, in memory: a listing or a sweep of 100,000 files must not ask the disk for each.
 * Read from the folder at the start, kept by whoever writes and removes; bounded in number and bytes.
 */
import type { StoredFrame } from '../core/frame.ts'
import { encodeFrameId, frameFilename, parseFrameFilename } from '../core/frame-name.ts'
import type { DeviceId } from '../core/reading.ts'

export interface FrameIndexLimits {
  /** Pictures are kept this long, by the time in their name. */
  readonly keepMs: number
  readonly maxBytes: number
  readonly maxFiles: number
}

export interface FrameIndex {
  add(frame: StoredFrame): void
  /** Takes in what the folder held, before what was added since; names that are none of a picture are passed over. */
  load(files: readonly { readonly filename: string; readonly bytes: number }[]): void
  remove(frame: StoredFrame): void
  /** What is too old at `now`, or named by a clock that ran ahead, and what a power cut left empty. */
  expired(now: number): readonly StoredFrame[]
  /** The oldest ones beyond the bounds. */
  overflow(): readonly StoredFrame[]
  /** Newest first; of one camera, or not older than `sinceMs`. */
  list(filter: { readonly deviceId?: DeviceId; readonly sinceMs?: number }): readonly StoredFrame[]
  /** The last picture of a camera that was added. */
  newestOf(deviceId: DeviceId): StoredFrame | undefined
  /** The last picture that was added. */
  readonly last: StoredFrame | undefined
  readonly files: number
  readonly bytes: number
  /** There is more than the bounds allow. */
  readonly isOver: boolean
}

/** Names run ahead of the clock by this much at most, unless it was set back. */
const MAX_AHEAD_MS = 60_000

const byAge = (a: StoredFrame, b: StoredFrame): number => a.at - b.at

/** A name found on disk may be a shortened one that no longer tells its id: then the names are compared. */
const isOf = (frame: StoredFrame, deviceId: DeviceId): boolean =>
  frame.deviceId === deviceId || frame.filename === frameFilename(deviceId, frame.at)

/** The encoded id of a file name. */
const cameraOf = (filename: string): string => filename.slice(0, filename.lastIndexOf('_'))

/** An empty index. */
export const createFrameIndex = (limits: FrameIndexLimits): FrameIndex => {
  /** In order of storing, which is nearly the order of time. */
  const frames = new Map<string, StoredFrame>()
  /** The last one of each camera, by the id as it stands in file names. */
  const newest = new Map<string, StoredFrame>()
  let bytes = 0
  let last: StoredFrame | undefined

  const exceeds = (size: number, files: number): boolean => size > limits.maxBytes || files > limits.maxFiles

  const remove = ({ filename }: StoredFrame): void => {
    bytes -= frames.get(filename)?.bytes ?? 0
    frames.delete(filename)
    const camera = cameraOf(filename)
    if (newest.get(camera)?.filename === filename) newest.delete(camera)
  }

  const add = (frame: StoredFrame): void => {
    remove(frame)
    frames.set(frame.filename, frame)
    newest.set(cameraOf(frame.filename), frame)
    bytes += frame.bytes
    last = frame
  }

  return {
    add,
    load: (files) => {
      const found: StoredFrame[] = []
      for (const file of files) {
        const name = parseFrameFilename(file.filename)
        if (name !== undefined && !frames.has(file.filename)) found.push({ ...name, ...file })
      }
      const since = [...frames.values()]
      frames.clear()
      newest.clear()
      bytes = 0
      for (const frame of found.sort(byAge)) add(frame)
      for (const frame of since) add(frame)
    },
    remove,
    expired: (now) => {
      const old: StoredFrame[] = []
      for (const frame of frames.values()) {
        const age = now - frame.at
        const isOld = age >= limits.keepMs || age < -limits.keepMs - MAX_AHEAD_MS
        if (isOld || frame.bytes === 0) old.push(frame)
      }
      return old
    },
    overflow: () => {
      const over: StoredFrame[] = []
      let left = bytes
      for (const frame of frames.values()) {
        if (!exceeds(left, frames.size - over.length)) break
        left -= frame.bytes
        over.push(frame)
      }
      return over
    },
    list: ({ deviceId, sinceMs }) => {
      const found: StoredFrame[] = []
      for (const frame of frames.values()) {
        const isWanted = sinceMs === undefined || frame.at >= sinceMs
        if (isWanted && (deviceId === undefined || isOf(frame, deviceId))) found.push(frame)
      }
      return found.sort((a, b) => byAge(b, a))
    },
    newestOf: (deviceId) => newest.get(encodeFrameId(deviceId)),
    get last() {
      return last
    },
    get files() {
      return frames.size
    },
    get bytes() {
      return bytes
    },
    get isOver() {
      return exceeds(bytes, frames.size)
    },
  }
}
