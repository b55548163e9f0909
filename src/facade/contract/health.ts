/** `GET /health` */
import { z } from 'zod'
import { epochMs } from './answers.ts'

export const healthQuery = z.object({
  probe: z
    .unknown()
    .optional()
    .transform((probe) => probe === 'live'),
})

const partHealth = z.looseObject({ ok: z.boolean(), message: z.string() })

export const healthAnswer = z.object({
  status: z.enum(['healthy', 'degraded']),
  /** Seconds, with fractions. */
  uptime: z.number(),
  timestamp: epochMs,
  backendVersion: z.string(),
  nodeVersion: z.string(),
  database: z.object({
    status: z.enum(['connected', 'disconnected']),
    version: z.string().nullable(),
    message: z.string(),
  }),
  live: z.boolean(),
  ready: z.boolean(),
  degraded: z.array(z.string()).readonly(),
  parts: z.record(z.string(), partHealth).readonly(),
})
export type HealthAnswer = z.infer<typeof healthAnswer>
