/** `POST /api/v1/ingest/sensor-data` */
import { z } from 'zod'
import { epochMs, errorAnswer, iso, responseTime } from './answers.ts'
import { splitIngestBody } from './ingest-body.ts'

/** One reading, or an array of readings of one or several devices; see ingest-body.ts for the rules. */
export const ingestBody = z.unknown().transform((body, context) => {
  const split = splitIngestBody(body)
  if (split.ok) return split.request
  context.addIssue({ code: 'custom', message: split.error })
  return z.NEVER
})

const echoed = z.number().nullable().optional()

/** The receipt of one reading. Of the metrics, the four of the older backend are echoed when they were sent. */
export const readingReceipt = z.object({
  id: z.number().int(),
  deviceId: z.string(),
  timestamp: epochMs,
  temperature: echoed,
  humidity: echoed,
  distance: echoed,
  lightLevel: echoed,
  updatedAt: iso,
  createdAt: iso,
})

/** The receipt of one device's readings out of an array; `id` is that of its first reading. */
export const deviceReceipt = z.object({
  id: z.number().int(),
  deviceId: z.string(),
  count: z.number().int(),
  createdAt: iso,
})

const ingested = { success: z.literal(true), message: z.literal('Data received') }

/** An object is answered with an object, an array with an array (one receipt a device). */
export const ingestAnswer = z.union([
  z.object({ ...ingested, data: readingReceipt, responseTime }),
  z.object({ ...ingested, data: z.array(deviceReceipt).readonly(), count: z.number().int(), responseTime }),
])

/** A refused ingest; of an array it says how many readings are stored nevertheless, and which devices are not. */
export const ingestRefusal = errorAnswer.extend({
  reason: z.string().optional(),
  stored: z.number().int().optional(),
  refused: z
    .array(z.object({ deviceId: z.string(), error: z.string() }))
    .readonly()
    .optional(),
})
