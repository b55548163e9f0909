import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Devices and the app send a header, sockets of the app the query. */
const givenKey = (request: FastifyRequest): string | undefined => {
  const header = request.headers['x-api-key']
  if (typeof header === 'string') return header
  const query: unknown = request.query
  const named = typeof query === 'object' && query !== null && 'apiKey' in query ? query.apiKey : undefined
  return typeof named === 'string' ? named : undefined
}

/** A hook that answers 401 unless the request carries the key. Digests are compared: no length, no timing. */
export const createApiKeyHook = (apiKey: string) => {
  const expected = digest(apiKey)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const given = givenKey(request)
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return undefined
    const error = given === undefined ? 'An API key is required: X-API-Key or ?apiKey=' : 'Wrong API key'
    return reply.code(401).send({ success: false, error })
  }
}
