/** Real frames of real cameras on disk, in a folder that is gone after the test; time is the test's. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBridgeEmitter, type StoredFrame } from '../../bridge/index.ts'
import { createFrames } from '../../bridge/pipeline/frames.ts'
import { createDiskFrames } from '../../bridge/stores/disk-frames.ts'
import type { useCleanups } from './cleanups.ts'
import { deviceId, NOW } from './facade-services.ts'

/** A folder that is removed after the test. */
export const temporaryFolder = async (cleanup: ReturnType<typeof useCleanups>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  cleanup(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Cameras that send when the test says so. */
export const createCameras = async (cleanup: ReturnType<typeof useCleanups>) => {
  const store = createDiskFrames({ folder: join(await temporaryFolder(cleanup), 'frames') })
  const cameras = { now: NOW }
  const options = { keepMs: 600_000, maxBytes: 1e9, sweepMs: 600_000 }
  const frames = createFrames({ store, events: createBridgeEmitter(), clock: () => cameras.now }, options)
  await frames.start()
  cleanup(() => frames.stop())

  /** One picture; 100 ms later it is the past. */
  const shoot = async (camera: string, jpeg: Uint8Array): Promise<StoredFrame> => {
    const taken = await frames.take(deviceId(camera), jpeg)
    if (!taken.ok) throw new Error(taken.rejection.detail)
    cameras.now += 100
    return taken.frame
  }
  return Object.assign(cameras, { frames, shoot })
}

export type Cameras = Awaited<ReturnType<typeof createCameras>>
