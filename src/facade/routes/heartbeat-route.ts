import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { heartbeatAnswer, heartbeatBody } from '../contract/devices.ts'
import { responseTimeOf } from '../errors.ts'
import { noStore } from '../http/cache-profile.ts'
import { deviceFields } from './device-fields.ts'

const BEAT = { message: 'Heartbeat received', status: 'success' } as const
/** The old camera registers anew on anything but 200. */
const UNKNOWN = { success: false, error: 'Device not found. Please re-register.' } as const

const iso = (epochMs: number): string => new Date(epochMs).toISOString()

/** `POST /api/v1/devices/heartbeat`: what the board does not say of itself stays as it is known. */
export const heartbeatRoute = (app: FacadeApp, { devices, clock }: FacadeDeps): void => {
  const response = { 200: heartbeatAnswer, '4xx': errorAnswer, '5xx': errorAnswer }
  app.post('/devices/heartbeat', { schema: { body: heartbeatBody, response } }, async (request, reply) => {
    const known = await devices.heartbeat(request.body)
    const responseTime = responseTimeOf(reply)
    if (known === undefined) return reply.code(404).send({ ...UNKNOWN, responseTime })
    noStore(reply)
    const times = { createdAt: iso(known.createdAt), updatedAt: iso(known.updatedAt) }
    const device = { ...deviceFields(known, clock()), ...times }
    return reply.send({ ...BEAT, device, responseTime })
  })
}
