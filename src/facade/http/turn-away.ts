import type { FastifyReply, FastifyRequest } from 'fastify'
import { CHALLENGE, DENIALS, type DenialReason } from './denials.ts'
import type { Guard } from './guard.ts'
import { sendRefusal } from './read-on.ts'

/** Answers a request whose sender may not do this, and counts it. */
export const turnAway = (
  guard: Pick<Guard, 'note'>,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  reason: DenialReason,
): FastifyReply => {
  const { status, error, retryAfterS } = DENIALS[reason]
  guard.note(reason, { route: request.routeOptions.url ?? '', address: request.ip })
  if (status === 401) reply.header('www-authenticate', CHALLENGE)
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS)
  return sendRefusal(request, reply.code(status), { success: false, error })
}
