import { type BuzzerRequest, type Identity, parseDeviceId } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import {
  completeAnswer,
  completeParams,
  completeRefusal,
  type PollAnswer,
  pollAnswer,
} from '../contract/buzzer.ts'
import { deviceIdParams } from '../contract/device-id.ts'
import { responseTimeOf } from '../errors.ts'
import { noStore } from '../http/cache-profile.ts'
import { callerOf } from '../http/caller.ts'
import { olderErrors } from './error-forms.ts'

const NOTHING: PollAnswer = { status: 'no_requests' }
const FAILED = 'Failed to complete buzzer request'

/**
 * `GET /api/v1/buzzer/status/:deviceId`, seven times a second of every board: from memory, nothing awaited. A poll is
 * a sign of life of a device that is known, and makes none known.
 */
export const buzzerPollRoute = (app: FacadeApp, { buzzer, devices }: FacadeDeps): void => {
  const schema = { params: deviceIdParams, response: { 200: pollAnswer } }
  app.get('/buzzer/status/:deviceId', { schema }, (request, reply): void => {
    const { deviceId } = request.params
    noStore(reply)
    if (deviceId !== undefined) devices.alive(deviceId)
    const requestId = deviceId === undefined ? undefined : buzzer.poll(deviceId)
    reply.send(requestId === undefined ? NOTHING : { status: 'pending', requestId: String(requestId) })
  })
}

/**
 * `PATCH /api/v1/buzzer/complete/:id`: done twice is done once. The board's clock in the body is not believed. To a
 * board with credentials there are no requests but its own.
 */
export const buzzerCompleteRoute = (app: FacadeApp, { buzzer, devices }: FacadeDeps): void => {
  const completeFor = async (
    caller: Identity | undefined,
    id: number,
  ): Promise<BuzzerRequest | undefined> => {
    if (caller?.role !== 'device') return buzzer.complete(id)
    const own = parseDeviceId(caller.name)
    return own === undefined ? undefined : buzzer.complete(id, own)
  }

  const response = { 200: completeAnswer, 404: completeRefusal, '5xx': errorAnswer }
  const options = { schema: { params: completeParams, response }, errorHandler: olderErrors(FAILED) }
  app.patch('/buzzer/complete/:id', options, async (request, reply) => {
    const { id } = request.params
    const done = id === undefined ? undefined : await completeFor(callerOf(request), id)
    const responseTime = responseTimeOf(reply)
    if (done === undefined) {
      const details = 'Buzzer request not found'
      return reply.code(404).send({ success: false, error: FAILED, details, responseTime })
    }
    devices.alive(done.deviceId)
    noStore(reply)
    return reply.send({ success: true, message: 'Buzzer request completed', responseTime })
  })
}
