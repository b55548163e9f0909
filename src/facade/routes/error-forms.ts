import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { outageOf, responseTimeOf } from '../errors.ts'

/**
 * Errors of the routes that never told a `responseTime` for a bad request, and of those that name what failed:
 * `failure` is then the `error` of a 503, and why it failed its `details`. What is neither goes to the server's
 * own handler.
 */
export const olderErrors =
  (failure?: string) =>
  (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const issue = error.validation?.[0]
    if (issue !== undefined) {
      return reply.code(400).send({ success: false, error: issue.message ?? 'Bad Request' })
    }
    const outage = failure === undefined ? undefined : outageOf(error)
    if (outage === undefined) throw error
    reply.code(503).header('Retry-After', outage.retryAfterS)
    return reply.send({
      success: false,
      error: failure,
      details: outage.error,
      responseTime: responseTimeOf(reply),
    })
  }
