import type { FacadeApp, RouteDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { streamAnswer } from '../contract/stream.ts'
import { RequestError } from '../errors.ts'
import { sendRefusal } from '../http/read-on.ts'
import { readFrameBody, useFrameBodies } from './frame-body.ts'
import { BAD_FRAME_DEVICE_ID, readFrameHeaders } from './frame-headers.ts'
import { countRefusedBodies } from './frame-refusals.ts'
import { createFrameReports } from './frame-reports.ts'
import { RETRY_AFTER_S, takeFrame } from './take-frame.ts'

const DEFAULTS = { name: 'Unnamed Device', type: 'unknown' } as const
const MAX_BYTES = 10_485_760
/** The older backend decoded the picture: one that is cut off is refused. */
const DEMANDS = { maxBytes: MAX_BYTES, whole: true } as const
const RECEIVED = {
  success: true,
  // The text of the older backend, which encoded the picture anew. Here it is stored as it was sent.
  message: 'Frame received and enhanced successfully.',
} as const
const OTHER_TYPE = 'the content type is not image/jpeg'
const BAD_CAPABILITIES = 'Device-Capabilities must be a JSON array of texts'

const failure = (error: string) => ({ success: false, error }) as const
/** 400 and not 415, also for another content type: old firmware probes with JSON and takes 400 for reachable. */
const noPicture = (details: string) => ({ ...failure('Failed to process JPEG frame'), details })

const usePost = (app: FacadeApp, deps: RouteDeps): void => {
  const { frames, recognition, bodies } = deps
  const reports = createFrameReports(deps, DEFAULTS, 0)
  const schema = {
    consumes: ['image/jpeg', 'application/octet-stream', 'multipart/form-data'],
    response: { 200: streamAnswer, '4xx': errorAnswer, 503: errorAnswer },
  }
  const options = { schema, bodyLimit: MAX_BYTES, onError: countRefusedBodies(deps) }
  app.post('/stream/stream', options, async (request, reply) => {
    const { deviceId, isNamed, facts, hasBadCapabilities } = readFrameHeaders(request.headers)
    if (deviceId === undefined) throw new RequestError(400, BAD_FRAME_DEVICE_ID)
    const jpeg = await readFrameBody(request, { bodies, maxBytes: MAX_BYTES })
    if (jpeg === 'other') return sendRefusal(request, reply.code(400), noPicture(OTHER_TYPE))
    if (jpeg === 'none') return reply.code(400).send(failure('Empty image buffer received.'))
    if (hasBadCapabilities) return reply.code(400).send(failure(BAD_CAPABILITIES))
    const report = reports.begin(deviceId, facts)
    const taken = await takeFrame(frames, { deviceId, jpeg }, DEMANDS)
    if (!taken.ok) {
      if (taken.status === 503) reply.header('Retry-After', RETRY_AFTER_S)
      if (taken.reason !== 'not-a-jpeg') return reply.code(taken.status).send(failure(taken.error))
      report(isNamed ? { status: 'error' } : {})
      return reply.code(400).send(noPicture(taken.error))
    }
    report()
    recognition.look(taken.frame, jpeg)
    const { filename, at, bytes } = taken.frame
    return { ...RECEIVED, filename, timestamp: at, size: bytes, deviceStatus: 'online' as const }
  })
}

/** `POST /api/v1/stream/stream`: one picture; every one is shown to the face service. */
export const streamFrameRoute = (app: FacadeApp, deps: RouteDeps): void => {
  app.register(async (scope: FacadeApp) => {
    await useFrameBodies(scope, deps)
    usePost(scope, deps)
  })
}
