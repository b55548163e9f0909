/** Camera pictures: `/api/v1/stream/{fast,stream,frames,live}`. */
import { z } from 'zod'
import { epochMs, iso } from './answers.ts'

/** Cameras of the older backend read the status alone. */
export const fastAnswer = z.object({ success: z.literal(true) })

export const streamAnswer = z.object({
  success: z.literal(true),
  message: z.string(),
  filename: z.string(),
  timestamp: epochMs,
  /** Bytes stored: as sent, the picture is not encoded anew. */
  size: z.number().int(),
  deviceStatus: z.literal('online'),
})

const DEFAULT_LISTED = 1_000
const MAX_LISTED = 10_000

/** At most 1,000 unless asked for more: ten cameras leave 120,000 pictures in ten minutes. */
export const framesQuery = z.object({
  limit: z
    .unknown()
    .optional()
    .transform((given) => {
      const limit = typeof given === 'string' ? Number.parseInt(given, 10) : Number.NaN
      return limit >= 1 ? Math.min(limit, MAX_LISTED) : DEFAULT_LISTED
    }),
})

export const framesAnswer = z.object({
  success: z.literal(true),
  data: z
    .array(z.object({ id: z.string(), url: z.string(), createdAt: iso, size: z.number().int() }))
    .readonly(),
})

/** No JSON: a stream of pictures. */
export const livePictures = z.unknown()
