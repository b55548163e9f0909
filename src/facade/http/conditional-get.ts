/**
 * Weak ETags and 304. Runs before compression (global hooks come before those of a route), so the ETag is that of
 * the plain body whatever coding is sent. Only a read that succeeded becomes a 304, never a POST or an error.
 */
import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FacadeApp } from '../app.ts'

/**
 * The ETag of a body: its length and SHA-1, in the form of the older backend, so that equal bodies keep the one that
 * clients hold of them.
 */
export const weakTag = (body: string | Buffer): string => {
  const length = Buffer.byteLength(body).toString(16)
  return `W/"${length}-${hash('sha1', body, 'base64').slice(0, 27)}"`
}

const opaque = (tag: string): string => tag.trim().replace(/^W\//, '')

/** Every answer but a 304 and an empty one, spelt as the older backend did. */
export const VARY = 'Accept-Encoding'

/** Weak comparison of an `If-None-Match` header with an ETag (RFC 9110, 13.1.2). */
export const matchesEtag = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((candidate) => opaque(candidate) === opaque(tag))

/** The tag a route set itself, else that of the body; streams have none. */
const tagOf = (reply: FastifyReply, payload: unknown): string | undefined => {
  const own = reply.getHeader('etag')
  if (own !== undefined) return String(own)
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return undefined
  const tag = weakTag(payload)
  reply.header('etag', tag)
  return tag
}

const isFresh = (
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  tag: string | undefined,
): boolean => {
  const asked = headers['if-none-match']
  if (asked === undefined || tag === undefined || reply.statusCode !== 200) return false
  return (method === 'GET' || method === 'HEAD') && matchesEtag(asked, tag)
}

const LARGE = 16_384

/** Of a large text the bytes are made once: for the tag, the length, the packing and the socket. */
const bytesOf = (payload: unknown): unknown =>
  typeof payload === 'string' && payload.length >= LARGE ? Buffer.from(payload) : payload

export const useConditionalGet = (app: FacadeApp): void => {
  app.addHook('onSend', (request, reply, answer, done) => {
    const payload = bytesOf(answer)
    if (isFresh(request, reply, tagOf(reply, payload))) {
      reply.code(304).removeHeader('content-type').removeHeader('content-length')
      done(null, null)
      return
    }
    if (reply.statusCode !== 204) reply.header('vary', VARY)
    done(null, payload)
  })
}
