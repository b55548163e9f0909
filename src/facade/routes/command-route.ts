import type { FacadeApp, FacadeDeps } from '../app.ts'
import { deviceIdParams } from '../contract/device-id.ts'
import { commandAnswer, commandBody, commandRefusal } from '../contract/devices.ts'
import { RequestError } from '../errors.ts'
import { olderErrors } from './error-forms.ts'

/** What a small board can be expected to take from MQTT. */
const MAX_COMMAND_BYTES = 4_096
const UNKNOWN = { success: false, message: 'Device not found', error: 'Device not found' } as const

/**
 * `POST /api/v1/devices/:deviceId/command`: the body goes to the board over MQTT, on `devices/{id}/cmd`. 200 means
 * that it was published, not that the board took it. The message is that of the older backend, which sent nothing.
 */
export const commandRoute = (app: FacadeApp, { devices }: FacadeDeps): void => {
  const response = { 200: commandAnswer, '4xx': commandRefusal, '5xx': commandRefusal }
  const schema = { params: deviceIdParams, body: commandBody, response }
  const options = { schema, bodyLimit: MAX_COMMAND_BYTES, errorHandler: olderErrors() }
  app.post('/devices/:deviceId/command', options, async ({ params: { deviceId }, body }, reply) => {
    // A packed body may be larger than it came.
    if (Buffer.byteLength(JSON.stringify(body)) > MAX_COMMAND_BYTES) throw new RequestError(413)
    const isSent = deviceId !== undefined && (await devices.command(deviceId, body))
    if (!isSent) return reply.code(404).send(UNKNOWN)
    return reply.send({
      success: true,
      message: `Command '${body.command}' notionally sent to ${deviceId}.`,
    })
  })
}
