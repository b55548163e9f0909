/** `POST /api/v1/auth/token` */
import { z } from 'zod'
import { ROLES } from '../../../bridge/index.ts'
import { epochMs } from './answers.ts'

export const tokenAnswer = z.object({
  success: z.literal(true),
  /** For `Authorization: Bearer …`, `?token=`, or as the MQTT password. */
  token: z.string(),
  expiresAt: epochMs,
  role: z.enum(ROLES),
})
