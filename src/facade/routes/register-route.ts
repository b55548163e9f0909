import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { registerAnswer, registerBody } from '../contract/devices.ts'
import { responseTimeOf } from '../errors.ts'
import { noStore } from '../http/cache-profile.ts'
import { deviceFields } from './device-fields.ts'

/** An IPv4 peer of a socket that listens on IPv6 too is shown as IPv4. */
const peerAddressOf = (address: string): string => address.replace(/^::ffff:(?=[0-9.]+$)/i, '')

/**
 * `POST /api/v1/devices/register`: new and known devices are answered alike, and everyone is told before the
 * answer. It waits for no store: the device is in memory, and is written within the batch interval.
 */
export const registerRoute = (app: FacadeApp, { devices, clock }: FacadeDeps): void => {
  const response = { 200: registerAnswer, '4xx': errorAnswer, '5xx': errorAnswer }
  app.post('/devices/register', { schema: { body: registerBody, response } }, async (request, reply) => {
    const device = devices.register({ ...request.body, peerAddress: peerAddressOf(request.ip) })
    noStore(reply)
    const responseTime = responseTimeOf(reply)
    return { success: true as const, ...deviceFields(device, clock()), responseTime }
  })
}
