/**
 * Weak ETags and 304. Runs before compression (global hooks come before those of a route), so the ETag is
 * that of the plain body whatever coding is sent. The plugin's own 304 is off: it would also turn a POST or
 * an error answer into a 304.
 */
import { createHash } from 'node:crypto'
import etag from '@fastify/etag'
import type { FacadeApp } from '../app.ts'

/** Length and SHA-1, the form of the older backend: equal bodies keep the ETag that clients hold of it. */
const bodyTag = (body: string | Buffer): string => {
  const length = Buffer.byteLength(body).toString(16)
  return `${length}-${createHash('sha1').update(body).digest('base64').slice(0, 27)}`
}

const opaque = (tag: string): string => tag.trim().replace(/^W\//, '')

/** Weak comparison of an `If-None-Match` header with an ETag (RFC 9110, 13.1.2). */
export const matchesEtag = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((candidate) => opaque(candidate) === opaque(tag))

export const useConditionalGet = (app: FacadeApp): void => {
  app.register(etag, { weak: true, replyWith304: false, hashFn: bodyTag })
  // In a plugin of its own so that the hook comes after the one that sets the ETag.
  app.after(() => {
    app.addHook('onSend', (request, reply, payload, done) => {
      const tag = reply.getHeader('etag')
      const asked = request.headers['if-none-match']
      const fresh = typeof tag === 'string' && asked !== undefined && matchesEtag(asked, tag)
      if (fresh && request.method === 'GET' && reply.statusCode === 200) {
        reply.code(304).removeHeader('content-type').removeHeader('content-length')
        done(null, null)
        return
      }
      // In lower case, as the compression plugin looks for it; it would add its own otherwise.
      if (reply.statusCode !== 204) reply.header('Vary', 'accept-encoding')
      done(null, payload)
    })
  })
}
