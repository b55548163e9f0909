import {
  type BuzzerRequest,
  type BuzzerService,
  type DeviceId,
  parseDeviceId,
} from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { type NewestRequest, statusAnswer, statusQuery } from '../contract/buzzer.ts'
import { responseTimeOf } from '../errors.ts'
import { noStore } from '../http/cache-profile.ts'

const MAX_DEVICES = 50

const toStatus = (request: BuzzerRequest | undefined): NewestRequest => {
  if (request === undefined) return { status: 'no_requests' }
  const { status, requestedAt, buzzedAt } = request
  const isKnownToClients = status === 'pending' || status === 'completed'
  return {
    status: isKnownToClients ? status : 'no_requests',
    lastRequestedAt: requestedAt,
    lastBuzzedAt: buzzedAt,
  }
}

const statusOf = async (buzzer: BuzzerService, deviceId: DeviceId | undefined): Promise<NewestRequest> =>
  deviceId === undefined ? { status: 'no_requests' } : toStatus(await buzzer.newest(deviceId))

/**
 * `GET /api/v1/buzzer/status`: of the device asked for, else of the 50 devices seen last, newest first. It looks at
 * requests and delivers none. An outage is a 503 where memory does not know.
 */
export const buzzerStatusRoute = (app: FacadeApp, { buzzer, devices }: FacadeDeps): void => {
  const schema = { querystring: statusQuery, response: { 200: statusAnswer, '5xx': errorAnswer } }
  app.get('/buzzer/status', { schema }, async ({ query: { deviceId } }, reply) => {
    noStore(reply)
    if (deviceId !== '') {
      const status = await statusOf(buzzer, parseDeviceId(deviceId))
      return { success: true as const, ...status, responseTime: responseTimeOf(reply) }
    }
    const known = await devices.list(MAX_DEVICES)
    const statuses = await Promise.all(
      known.map(async ({ id }) => ({ deviceId: id, ...(await statusOf(buzzer, id)) })),
    )
    return { success: true as const, statuses, responseTime: responseTimeOf(reply) }
  })
}
