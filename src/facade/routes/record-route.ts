import type { RecordOutcome } from '../../recordings/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import {
  type RecordRefusal,
  recordAnswer,
  recordBody,
  recordQuery,
  recordRefusal,
} from '../contract/recordings.ts'

type Reason = Extract<RecordOutcome, { ok: false }>['reason']

/** The older backend answered 200 to too few frames, and the app reads it so. */
const STATUS = {
  'too-few-frames': 200,
  'no-ffmpeg': 503,
  busy: 503,
  stopping: 503,
  failed: 500,
} as const satisfies { readonly [reason in Reason]: number }

/** Where coming again helps. A missing ffmpeg stays missing. */
const RETRY_AFTER_S: { readonly [reason in Reason]?: number } = { busy: 5, stopping: 5 }

const refusalOf = (detail: string): RecordRefusal => ({ success: false, message: detail, error: detail })

/** `POST /api/v1/stream/record`: the last 30 s of one camera as MP4; answers when the file can be played. */
export const recordRoute = (app: FacadeApp, { recordings }: FacadeDeps): void => {
  const response = { 200: recordAnswer.or(recordRefusal), 500: recordRefusal, 503: recordRefusal }
  const schema = { body: recordBody, querystring: recordQuery, response }
  app.post('/stream/record', { schema }, async ({ body, query }, reply) => {
    const outcome = await recordings.record(body ?? query.deviceId)
    if (outcome.ok) {
      const { name, frameCount } = outcome
      return { success: true as const, data: { recordingId: name, frameCount, url: `/recordings/${name}` } }
    }
    const retryAfterS = RETRY_AFTER_S[outcome.reason]
    if (retryAfterS !== undefined) reply.header('Retry-After', retryAfterS)
    return reply.code(STATUS[outcome.reason]).send(refusalOf(outcome.detail))
  })
}
