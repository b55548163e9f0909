/** `POST /api/v1/stream/record`, `GET` and `DELETE /api/v1/stream/recordings` */
import { z } from 'zod'
import { type DeviceId, parseDeviceId } from '../../../bridge/index.ts'
import { iso } from './answers.ts'

const BAD_ID =
  'deviceId must be 1 to 100 characters, without control characters or any of / + #, and not start with $'

/** The camera asked for; undefined when none is, as the app does it. */
const askedCamera = z.unknown().transform((given, context): DeviceId | undefined => {
  if (given === undefined || given === null || given === '') return undefined
  const deviceId = parseDeviceId(given)
  if (deviceId === undefined) context.addIssue({ code: 'custom', message: BAD_ID })
  return deviceId
})

const deviceIdIn = (given: unknown): unknown =>
  typeof given === 'object' && given !== null && 'deviceId' in given ? given.deviceId : undefined

/** No body is needed; one that is no object says nothing. */
export const recordBody = z.unknown().transform(deviceIdIn).pipe(askedCamera)
export const recordQuery = z.object({ deviceId: askedCamera.optional() })

export const recordAnswer = z.object({
  success: z.literal(true),
  data: z.object({
    /** `rec_<ms>.mp4` */
    recordingId: z.string(),
    frameCount: z.number().int(),
    url: z.string(),
  }),
})

/** The older backend told why in `message`, the app shows `error`: both are sent. */
export const recordRefusal = z.object({
  success: z.literal(false),
  message: z.string(),
  error: z.string(),
})
export type RecordRefusal = z.infer<typeof recordRefusal>

export const recordingsAnswer = z.object({
  success: z.literal(true),
  data: z
    .array(z.object({ id: z.string(), url: z.string(), createdAt: iso, size: z.number().int() }))
    .readonly(),
})

export const deleteRecordingParams = z.object({ filename: z.string() })
export const deleteRecordingAnswer = z.object({ success: z.literal(true), message: z.string() })
