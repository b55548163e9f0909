/**
 * `GET /api/v1/stream/live/:deviceId`: what a camera sends, as motion JPEG for an `<img>`. Begins with the newest
 * picture and waits for more as long as anybody looks. A camera nobody ever heard of is a 404.
 */
import type { DeviceId } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps, RouteDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { deviceIdParams } from '../contract/device-id.ts'
import { livePictures } from '../contract/stream.ts'
import { callerOf } from '../http/caller.ts'
import { cutWhenStalled } from '../http/cut-stalled.ts'
import { createLiveFrames, LIVE_CONTENT_TYPE, type LiveFrames } from '../http/live-frames.ts'

const MAX_VIEWERS = 200
const RETRY_AFTER_S = 10
/** A viewer that takes nothing of what is on its way for this long is cut off. */
const STALL_MS = 30_000
/** Finds peers that vanished while their camera is silent. */
const PROBE_MS = 30_000

const HEADERS = {
  'Content-Type': LIVE_CONTENT_TYPE,
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  // Proxies must pass pictures on as they come.
  'X-Accel-Buffering': 'no',
} as const

const failure = (error: string) => ({ success: false, error }) as const

const isKnown = async ({ frames, devices }: FacadeDeps, deviceId: DeviceId): Promise<boolean> =>
  frames.newest(deviceId) !== undefined || (await devices.get(deviceId)) !== undefined

export const liveRoute = (app: FacadeApp, deps: RouteDeps): void => {
  const { frames, clock, visits } = deps
  const viewers = new Set<LiveFrames>()
  app.addHook('preClose', async () => {
    for (const viewer of viewers) viewer.end()
  })

  const watch = (deviceId: DeviceId): LiveFrames => {
    const viewer = createLiveFrames(clock, STALL_MS)
    viewers.add(viewer)
    const newest = frames.newest(deviceId)
    if (newest !== undefined) viewer.show(newest.jpeg)
    const unsubscribe = frames.onFrame(deviceId, (jpeg) => viewer.show(jpeg))
    viewer.stream.once('close', () => {
      unsubscribe()
      viewers.delete(viewer)
    })
    return viewer
  }

  const schema = {
    params: deviceIdParams,
    produces: ['multipart/x-mixed-replace'],
    response: { 200: livePictures, 404: errorAnswer, 503: errorAnswer },
  }
  app.get('/stream/live/:deviceId', { schema }, async (request, reply) => {
    const { deviceId } = request.params
    const caller = callerOf(request)
    // Before anything is waited for: whoever is revoked meanwhile is sent away too.
    if (caller !== undefined)
      reply.raw.once(
        'close',
        visits.enter(caller, () => request.socket.destroy()),
      )
    if (deviceId === undefined || !(await isKnown(deps, deviceId))) {
      return reply.code(404).send(failure('No such camera'))
    }
    if (viewers.size >= MAX_VIEWERS) {
      reply.header('Retry-After', RETRY_AFTER_S)
      return reply.code(503).send(failure('Too many live viewers'))
    }
    reply.headers(HEADERS)
    if (request.method === 'HEAD') return reply.send(undefined)
    request.socket.setKeepAlive(true, PROBE_MS)
    cutWhenStalled(reply.raw, STALL_MS)
    return reply.send(watch(deviceId).stream)
  })
}
