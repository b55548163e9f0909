/** `/api/v1/buzzer/…` */
import { z } from 'zod'
import type { DeviceId } from '../../../bridge/index.ts'
import { epochMs, errorAnswer, iso, responseTime } from './answers.ts'
import { BAD_DEVICE_ID, givenText, readDeviceId } from './device-id.ts'

const MISSING_ID = 'Device ID is required'

const success = z.literal(true)
const requestId = z.number().int()

/** `deviceId` of a body, checked; a number counts as text, and is answered as text. */
const toDeviceId = (given: unknown, context: z.RefinementCtx): DeviceId => {
  const named = readDeviceId(given)
  if (typeof named === 'object') return named.id
  context.addIssue({ code: 'custom', message: named === 'bad' ? BAD_DEVICE_ID : MISSING_ID })
  return z.NEVER
}

const deviceId = givenText('deviceId').transform(toDeviceId)

/** `POST /buzzer/request`, `POST /buzzer/ping`. `durationMs` is new: the older boards beep as long as they do. */
export const beepBody = z.looseObject(
  { deviceId, durationMs: z.number('durationMs: not a number').nullish() },
  MISSING_ID,
)

export const requestAnswer = z.object({
  success,
  id: requestId,
  deviceId: z.string(),
  requestedAt: epochMs,
  status: z.literal('pending'),
  createdAt: iso,
  updatedAt: iso,
  responseTime,
})

/** Exactly what the sketch reads; a number as `requestId` would make it complete nothing. */
export const pollAnswer = z.union([
  z.object({ status: z.literal('no_requests') }),
  z.object({ status: z.literal('pending'), requestId: z.string() }),
])
export type PollAnswer = z.infer<typeof pollAnswer>

/** Ids are counted from 1; any other text names a request that cannot exist. */
export const completeParams = z.object({
  id: z.string().transform((text) => (/^[0-9]{1,15}$/.test(text) ? Number(text) : undefined)),
})
export const completeAnswer = z.object({
  success,
  message: z.literal('Buzzer request completed'),
  responseTime,
})
export const completeRefusal = errorAnswer

/** The first of several; an empty one asks for all devices, as none does. */
export const statusQuery = z.object({
  deviceId: z
    .unknown()
    .optional()
    .transform((given) => (Array.isArray(given) ? String(given[0]) : String(given ?? ''))),
})

/**
 * The state of a device's newest request. One that came to nothing (taken back, or never answered by the board) is
 * neither pending nor completed: `no_requests`, which is all a client of the older backend knows besides, with the
 * time it was asked for.
 */
const newestRequest = {
  status: z.enum(['no_requests', 'pending', 'completed']),
  lastRequestedAt: epochMs.optional(),
  lastBuzzedAt: epochMs.nullable().optional(),
}
const newestOfDevice = z.object(newestRequest)
export type NewestRequest = z.infer<typeof newestOfDevice>

/** Of one device, or of those seen last. */
export const statusAnswer = z.union([
  z.object({ success, ...newestRequest, responseTime }),
  z.object({
    success,
    statuses: z.array(z.object({ deviceId: z.string(), ...newestRequest })).readonly(),
    responseTime,
  }),
])

const BAD_BODY = 'Invalid request body'
const BAD_CONTROL = 'Invalid request parameters. deviceId (string) and status (boolean) are required'

/** An array counts as an object without these fields; null, text and numbers are no body at all. */
export const controlBody = z.looseObject(
  {
    deviceId: z.string(BAD_CONTROL).min(1, BAD_CONTROL).transform(toDeviceId),
    status: z.boolean(BAD_CONTROL),
  },
  { error: ({ input }) => (Array.isArray(input) ? BAD_CONTROL : BAD_BODY) },
)

/** `requestId`: the request made or joined, or the one taken back; with nothing to take back the newest, else 0. */
export const controlAnswer = z.object({
  success,
  message: z.enum(['Buzzer activated', 'Buzzer deactivated']),
  requestId,
})

export const pingAnswer = z.object({ success, message: z.literal('Ping request received'), requestId })
