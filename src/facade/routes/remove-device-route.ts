import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { deviceIdParams } from '../contract/device-id.ts'
import { removeAnswer } from '../contract/devices.ts'
import { RequestError } from '../errors.ts'

/**
 * `DELETE /api/v1/devices/:deviceId`: the device goes out of the registry with its latest values and what is retained of
 * it; its readings stay. When it is heard of again it is a new device.
 */
export const removeDeviceRoute = (app: FacadeApp, { devices }: FacadeDeps): void => {
  const response = { 200: removeAnswer, '4xx': errorAnswer, '5xx': errorAnswer }
  app.delete(
    '/devices/:deviceId',
    { schema: { params: deviceIdParams, response } },
    async (request, reply) => {
      const { deviceId } = request.params
      if (deviceId !== undefined && (await devices.remove(deviceId)))
        return { success: true as const, deviceId }
      // As device-route.ts has it.
      if (deviceId === 'register') return reply.callNotFound()
      throw new RequestError(404)
    },
  )
}
