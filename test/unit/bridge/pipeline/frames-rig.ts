import { readFileSync } from 'node:fs'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { type BridgeEvents, createBridgeEmitter } from '../../../../bridge/events.ts'
import { createFrames, type FramesDeps, type FramesOptions } from '../../../../bridge/pipeline/frames.ts'
import type { FrameStore } from '../../../../bridge/ports.ts'
import { createMemoryFrames } from '../../../../bridge/stores/memory-frames.ts'
import { deviceId as id } from '../../../support/facade-services.ts'

export const JPEG = readFileSync(new URL('../../../fixtures/frame-5000.jpg', import.meta.url))
export const SMALL = readFileSync(new URL('../../../fixtures/frame-small.jpg', import.meta.url))
export const NOT_A_JPEG = readFileSync(new URL('../../../fixtures/not-a-jpeg.bin', import.meta.url))
export const T = 1_795_402_901_178
export const CAM = id('cam')

/** Pictures over a store in memory whose writes can be held up and made to fail; what is told is noted. */
export const createRig = (options: Partial<FramesOptions> = {}, reject?: FramesDeps['reject']) => {
  const events = createBridgeEmitter()
  const memory = createMemoryFrames()
  const told: (readonly [string, unknown])[] = []
  const names = ['frame:stored', 'frame:refused', 'frames:failed', 'frames:evicted', 'bridge:error'] as const
  for (const name of names) events.on(name, (event: BridgeEvents[typeof name][0]) => told.push([name, event]))
  const rig = {
    now: T,
    memory,
    told,
    /** Awaited by each write. */
    gate: Promise.resolve(),
    /** Awaited by the listing of the folder. */
    listGate: Promise.resolve(),
    /** Thrown by the store while it is set. */
    fault: undefined as Error | undefined,
    /** The same, of removals only. */
    removeFault: undefined as Error | undefined,
    names: async () => (await memory.list()).map(({ filename }) => filename),
  }
  const check = (): void => {
    if (rig.fault !== undefined) throw rig.fault
  }
  const store: FrameStore = {
    ...memory,
    open: async () => check(),
    write: async (filename, jpeg) => {
      await rig.gate
      check()
      await memory.write(filename, jpeg)
    },
    list: async () => {
      await rig.listGate
      return await memory.list()
    },
    remove: async (filename) => {
      if (rig.removeFault !== undefined) throw rig.removeFault
      await memory.remove(filename)
    },
  }
  const frames = createFrames(
    { store, events, clock: () => rig.now, ...(reject && { reject }) },
    { keepMs: 600_000, maxBytes: 1_000_000, sweepMs: 1e9, ...options },
  )
  return Object.assign(rig, { frames })
}

export const fullDisk = new BridgeError('STORE_UNAVAILABLE', 'ENOSPC')
