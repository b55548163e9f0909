/**
 * `POST /api/v1/auth/token`: a short-lived token for a user's name and secret (HTTP Basic). None
 * for a device, which has its secret, nor for a token, which would never end.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../../network.ts'
import type { FacadeApp, RouteDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { tokenAnswer } from '../contract/token.ts'
import { noStore } from '../http/cache-profile.ts'
import { callerOf, noteCaller } from '../http/caller.ts'
import { createLoginBrake, type LoginBrakeDeps } from '../http/login-brake.ts'
import { turnAway } from '../http/turn-away.ts'

/** The route; `wait` is what slows wrong logins. */
export const createTokenRoute =
  (wait: LoginBrakeDeps['wait']) =>
  (app: FacadeApp, { doorkeeper, guard, clock }: RouteDeps): void => {
    const brake = createLoginBrake({ clock, wait })

    /** Before the body, if any, is read. */
    const login = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
      noStore(reply)
      const attempt = brake.begin(networkOf(request.ip))
      if (typeof attempt === 'number') {
        reply.header('retry-after', attempt)
        return turnAway(guard, { request, reply }, 'throttled')
      }
      const verdict = await guard.judge({
        headers: request.headers,
        url: request.raw.url ?? '',
        address: request.ip,
        connection: request.raw.socket,
        isOpen: false,
      })
      if (verdict.ok || (verdict.reason !== 'wrong' && verdict.reason !== 'wrong-key')) attempt.forgive()
      else await attempt.slow()
      if (!verdict.ok) return turnAway(guard, { request, reply }, verdict.reason)
      const { role, expiresAt } = verdict.identity
      if (role === 'device' || expiresAt !== undefined)
        return turnAway(guard, { request, reply }, 'forbidden')
      noteCaller(request, verdict.identity)
      return undefined
    }

    const schema = { response: { 200: tokenAnswer, '4xx': errorAnswer, '5xx': errorAnswer } }
    app.post('/auth/token', { schema, onRequest: login }, async (request, reply) => {
      const identity = callerOf(request)
      const issued = identity === undefined ? undefined : await doorkeeper.issue(identity)
      if (identity === undefined || issued === undefined)
        return turnAway(guard, { request, reply }, 'forbidden')
      const { token, expiresAt } = issued
      return { success: true as const, token, expiresAt, role: identity.role }
    })
  }

export const tokenRoute = createTokenRoute(delay)
