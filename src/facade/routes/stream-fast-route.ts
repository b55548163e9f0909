import { FRAME_LIMITS } from '../../../bridge/index.ts'
import type { FacadeApp, RouteDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { fastAnswer } from '../contract/stream.ts'
import { RequestError } from '../errors.ts'
import { readFrameBody, useFrameBodies } from './frame-body.ts'
import { BAD_FRAME_DEVICE_ID, readFrameHeaders } from './frame-headers.ts'
import { countRefusedBodies } from './frame-refusals.ts'
import { createFrameReports } from './frame-reports.ts'
import { RETRY_AFTER_S, takeFrame } from './take-frame.ts'

const DEFAULTS = { name: 'OV2640-CAM', type: 'ESP32-CAM' } as const
/** Of the pictures of a camera that sends 20 a second, the face service is asked about one a second. */
const LOOKED_AT = 0.05
const ANSWER = { success: true } as const
const ANSWER_TEXT = JSON.stringify(ANSWER)

const failure = (error: string) => ({ success: false, error }) as const

/**
 * `POST /api/v1/stream/fast`: a picture of a camera that streams. 200 means that it can be loaded; the camera
 * waits for it 1.5 s at most.
 */
const usePost = (app: FacadeApp, deps: RouteDeps, random: () => number): void => {
  const { frames, recognition, bodies } = deps
  const reports = createFrameReports(deps, DEFAULTS)
  const schema = {
    consumes: ['image/jpeg', 'application/octet-stream', 'multipart/form-data'],
    response: { 200: fastAnswer, '4xx': errorAnswer, 503: errorAnswer },
  }
  const options = { schema, bodyLimit: FRAME_LIMITS.maxBytes, onError: countRefusedBodies(deps) }
  app.post('/stream/fast', options, async (request, reply) => {
    const { deviceId, facts } = readFrameHeaders(request.headers)
    if (deviceId === undefined) throw new RequestError(400, BAD_FRAME_DEVICE_ID)
    const jpeg = await readFrameBody(request, { bodies, maxBytes: FRAME_LIMITS.maxBytes })
    if (jpeg === 'other') throw new RequestError(415, 'Send the picture as image/jpeg')
    if (jpeg === 'none') return reply.code(400).send(failure('Empty image buffer received.'))
    const report = reports.begin(deviceId, facts)
    const taken = await takeFrame(frames, { deviceId, jpeg }, FRAME_LIMITS)
    if (!taken.ok) {
      if (taken.status === 503) reply.header('Retry-After', RETRY_AFTER_S)
      return reply.code(taken.status).send(failure(taken.error))
    }
    report()
    if (random() < LOOKED_AT) recognition.look(taken.frame, jpeg)
    // With a serializer of its own the type stays as it is: the older backend names no charset here.
    return reply
      .type('application/json')
      .serializer(() => ANSWER_TEXT)
      .send(ANSWER)
  })
}

/** The route; chance decides which pictures are looked at. */
export const createStreamFastRoute =
  (random: () => number) =>
  (app: FacadeApp, deps: RouteDeps): void => {
    app.register(async (scope: FacadeApp) => {
      await useFrameBodies(scope, deps)
      usePost(scope, deps, random)
    })
  }

export const streamFastRoute = createStreamFastRoute(Math.random)
