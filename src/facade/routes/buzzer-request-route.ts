import type { FastifyRequest } from 'fastify'
import type { BuzzerRequest } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { beepBody, controlAnswer, controlBody, pingAnswer, requestAnswer } from '../contract/buzzer.ts'
import { responseTimeOf } from '../errors.ts'
import { noStore } from '../http/cache-profile.ts'
import { olderErrors } from './error-forms.ts'

const refusals = { '4xx': errorAnswer, '5xx': errorAnswer }
const iso = (epochMs: number): string => new Date(epochMs).toISOString()

const fieldsOf = ({ id, deviceId, requestedAt, createdAt, updatedAt }: BuzzerRequest) => ({
  id,
  deviceId,
  requestedAt,
  status: 'pending' as const,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
})

/** `POST /api/v1/buzzer/request`: one more while one is pending joins it and is answered with it. */
export const buzzerRequestRoute = (app: FacadeApp, { buzzer }: FacadeDeps): void => {
  const schema = { body: beepBody, response: { 200: requestAnswer, ...refusals } }
  const options = { schema, errorHandler: olderErrors('Failed to create buzzer request') }
  app.post('/buzzer/request', options, async ({ body }, reply) => {
    const request = await buzzer.request(body.deviceId, { durationMs: body.durationMs ?? undefined })
    noStore(reply)
    return { success: true as const, ...fieldsOf(request), responseTime: responseTimeOf(reply) }
  })
}

/** `POST /api/v1/buzzer/ping`: the same request, answered in fewer words. */
export const buzzerPingRoute = (app: FacadeApp, { buzzer }: FacadeDeps): void => {
  const schema = { body: beepBody, response: { 200: pingAnswer, ...refusals } }
  app.post('/buzzer/ping', { schema, errorHandler: olderErrors() }, async ({ body }) => {
    const { id } = await buzzer.request(body.deviceId, { durationMs: body.durationMs ?? undefined })
    return { success: true as const, message: 'Ping request received' as const, requestId: id }
  })
}

/** Validation takes no body for null, which is another mistake here. */
const absentIsEmpty = async (request: FastifyRequest): Promise<void> => {
  if (request.body === undefined) request.body = {}
}

/** `POST /api/v1/buzzer/control`: on asks for a beep, off takes back what is pending. Off twice is off. */
export const buzzerControlRoute = (app: FacadeApp, { buzzer }: FacadeDeps): void => {
  const schema = { body: controlBody, response: { 200: controlAnswer, ...refusals } }
  const options = { schema, preValidation: absentIsEmpty, errorHandler: olderErrors() }
  app.post('/buzzer/control', options, async ({ body: { deviceId, status } }) => {
    if (status) {
      const { id } = await buzzer.request(deviceId)
      return { success: true as const, message: 'Buzzer activated' as const, requestId: id }
    }
    const last = (await buzzer.cancel(deviceId)) ?? (await buzzer.newest(deviceId))
    return { success: true as const, message: 'Buzzer deactivated' as const, requestId: last?.id ?? 0 }
  })
}
