/** `GET /api/v1/sensor-data` */
import { z } from 'zod'
import { epochMs, responseTime } from './answers.ts'
import { parseLimit } from './limit.ts'

const MISSING_DEVICE_ID = 'Missing required query parameter: deviceId'
const MAX_DEVICE_IDS = 20

const askedId = z.string({ error: MISSING_DEVICE_ID }).min(1, MISSING_DEVICE_ID)
const askedIds = z.array(askedId).max(MAX_DEVICE_IDS, `At most ${MAX_DEVICE_IDS} devices in one request`)

export const sensorDataQuery = z.object({
  /** Given twice: the readings of both. */
  deviceId: z
    .unknown()
    .optional()
    .transform((given) => (Array.isArray(given) ? given : [given]))
    .pipe(askedIds),
  limit: z.unknown().optional().transform(parseLimit),
})

const value = z.number().nullable()

/** Exactly the five keys of the older backend. */
export const sensorDataRow = z.object({
  timestamp: epochMs,
  temperature: value,
  humidity: value,
  distance: value,
  lightLevel: value,
})
export type SensorDataRow = z.infer<typeof sensorDataRow>

export const sensorDataAnswer = z.object({
  success: z.literal(true),
  data: z.array(sensorDataRow).readonly(),
  count: z.number().int(),
  /** As asked. */
  deviceId: z.union([z.string(), z.array(z.string())]),
  responseTime,
})
