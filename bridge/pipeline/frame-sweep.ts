/**
 * Removes pictures: those too old, at the start and every `sweepMs`; the oldest ones at once when the folder is
 * over its bounds. One round at a time, one file at a time: the disk has more urgent things to do.
 */
import type { StoredFrame } from '../core/frame.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, FrameStore } from '../ports.ts'
import type { FrameIndex } from './frame-index.ts'

export interface FrameSweep {
  /** Makes room when there is too much; asked after each picture. Nothing goes before the start. */
  makeRoom(): void
  /** Begins with a round now; nothing after a stop. */
  start(): void
  /** Resolves when the file that is being removed is gone. */
  stop(): Promise<void>
  /** Pictures removed before their time, since the start. */
  readonly evicted: number
}

export interface FrameSweepDeps {
  readonly store: FrameStore
  readonly index: FrameIndex
  readonly events: BridgeEmitter
  readonly clock: Clock
}

export const createFrameSweep = (deps: FrameSweepDeps, sweepMs: number): FrameSweep => {
  const { store, index, events, clock } = deps
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> | undefined
  let stopping = false
  let evicted = 0

  /** How many were removed. A file that cannot be removed ends the round: the next one tries again. */
  const removeAll = async (frames: readonly StoredFrame[]): Promise<number> => {
    let removed = 0
    for (const frame of frames) {
      if (stopping) break
      await store.remove(frame.filename)
      index.remove(frame)
      removed += 1
    }
    return removed
  }

  const evict = async (): Promise<void> => {
    for (let over = index.overflow(); over.length > 0 && !stopping; over = index.overflow()) {
      const count = await removeAll(over)
      evicted += count
      if (count > 0) events.emit('frames:evicted', { count })
    }
  }

  const begin = (work: () => Promise<unknown>): void => {
    if (timer === undefined || round !== undefined || stopping) return
    round = work()
      .catch((error: unknown) => void events.emit('frames:failed', { error }))
      .then(() => {
        round = undefined
      })
  }

  const sweep = (): void =>
    begin(async () => {
      await removeAll(index.expired(clock()))
      await evict()
    })

  return {
    makeRoom: () => begin(evict),
    start: () => {
      if (stopping) return
      timer = setInterval(sweep, sweepMs).unref()
      sweep()
    },
    stop: async () => {
      stopping = true
      clearInterval(timer)
      await round
    },
    get evicted() {
      return evicted
    },
  }
}
