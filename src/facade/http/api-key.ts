/** The one key of the API: in the header (boards, the app) or in the query (a browser's sockets and images). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FacadeApp, FacadeOptions } from '../app.ts'
import { isBoardRoute } from './board-routes.ts'
import { sendRefusal } from './read-on.ts'

export type KeyVerdict = 'ok' | 'missing' | 'wrong'
export type KeyCheck = (headers: IncomingHttpHeaders, url: string) => KeyVerdict

/** What a client without the key is told; the key itself is in neither text. */
export const KEY_ERRORS: { readonly [verdict in Exclude<KeyVerdict, 'ok'>]: string } = {
  missing: 'An API key is required: X-API-Key or ?apiKey=',
  wrong: 'Wrong API key',
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The header wins. A key given twice is none. */
const givenKey = (headers: IncomingHttpHeaders, url: string): string | undefined => {
  const header = headers['x-api-key']
  if (header !== undefined) return String(header)
  const query = url.indexOf('?')
  if (query < 0) return undefined
  const [key, ...others] = new URLSearchParams(url.slice(query)).getAll('apiKey')
  return others.length === 0 ? key : ''
}

/** Digests are compared, in constant time: neither the key's length nor how much of it fits can be measured. */
export const createKeyCheck = (apiKey: string): KeyCheck => {
  const expected = digest(apiKey)
  return (headers, url) => {
    const given = givenKey(headers, url)
    if (given === undefined) return 'missing'
    return timingSafeEqual(digest(given), expected) ? 'ok' : 'wrong'
  }
}

/** From here on, routes of this scope answer 401 to requests without the key; with none set, nothing happens. */
export const useApiKey = (
  scope: FacadeApp,
  { apiKey, legacyOpen }: Pick<FacadeOptions, 'apiKey' | 'legacyOpen'>,
): void => {
  if (apiKey === undefined) return
  const check = createKeyCheck(apiKey)
  const guard = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const verdict = check(request.headers, request.url)
    if (verdict === 'ok') return undefined
    return sendRefusal(request, reply.code(401), { success: false, error: KEY_ERRORS[verdict] })
  }
  scope.addHook('onRoute', (route) => {
    if (legacyOpen && isBoardRoute(route)) return
    route.onRequest = [guard, route.onRequest ?? []].flat()
  })
}
