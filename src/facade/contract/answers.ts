/**
 * The shapes of the HTTP contract, one file a resource: what a client sends and what it is answered. The types
 * of the handlers follow from these schemas, and so does the API document. Requests are checked against them at
 * run time; answers are checked by the compiler alone (see server.ts), because encoding 500 rows through a
 * schema costs more than making them.
 *
 * Here is what several resources share.
 */
import { z } from 'zod'

/** Whole milliseconds spent on the request. */
export const responseTime = z.number().int()
export const epochMs = z.number().int()
export const iso = z.string()

/** Every error: `success: false` and one sentence; some routes add fields of their own. */
export const errorAnswer = z.object({
  success: z.literal(false),
  error: z.string(),
  /** Development only: the message of an unexpected error. */
  details: z.string().optional(),
  /** Unexpected errors only. */
  timestamp: epochMs.optional(),
  responseTime: responseTime.optional(),
})
export type ErrorAnswer = z.infer<typeof errorAnswer>
