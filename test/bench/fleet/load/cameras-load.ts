import { readFile } from 'node:fs/promises'
import type { CamerasJob, CamerasResult } from '../fleet-jobs.ts'
import { spread } from '../schedule.ts'
import { type Member, runDueLoad } from './due-load.ts'
import { startFrameFetcher } from './frame-fetcher.ts'
import { createClient, createReadBuffer } from './http-client.ts'
import { frameRequest } from './requests.ts'

/** The sketch's own. */
const TIMEOUT_MS = 1500

const cameraIdOf = (camera: number): string => `FLEET-CAM-${String(camera).padStart(3, '0')}`

export const runCameras = async (job: CamerasJob): Promise<CamerasResult> => {
  const { address, cameras } = job
  const jpeg = await readFile(job.jpegFile)
  const readInto = createReadBuffer()
  const everyMs = 1000 / job.framesPerSecond
  const members = Array.from({ length: cameras }, (_, camera): Member => {
    const request = frameRequest(address, cameraIdOf(camera), jpeg)
    return {
      client: createClient({ address, keepOpen: true, readInto }),
      beats: [{ kind: 'frame', everyMs, dueAt: spread(camera, cameras, everyMs) }],
      request: () => request,
    }
  })
  const fetcher = job.fetchFrames ? await startFrameFetcher(address, readInto, jpeg) : undefined
  const sent = await runDueLoad(members, {
    warmupMs: job.warmupSeconds * 1000,
    measuredMs: job.seconds * 1000,
    timeoutMs: TIMEOUT_MS,
  })
  return { ...sent, fetched: await fetcher?.finish() }
}
