import compress from '@fastify/compress'
import type { DoneFuncWithErrOrRes, FastifyReply, onSendHookHandler } from 'fastify'
import type { FacadeApp } from '../app.ts'
import { VARY } from './conditional-get.ts'

const THRESHOLD_BYTES = 1_024
/** UTF-8 takes at most three bytes for a unit of text. */
const SURELY_SMALL = Math.floor(THRESHOLD_BYTES / 3)

const isSmall = (payload: unknown): boolean => {
  if (typeof payload !== 'string') return false
  return payload.length <= SURELY_SMALL || Buffer.byteLength(payload) < THRESHOLD_BYTES
}

/** The plugin knows `Vary` in lower case only, and adds its own to ours. */
const packed =
  (reply: FastifyReply, done: DoneFuncWithErrOrRes): DoneFuncWithErrOrRes =>
  (error?: Error | null, payload?: unknown) => {
    if (reply.hasHeader('vary')) reply.header('vary', VARY)
    if (error) done(error)
    else done(null, payload)
  }

/**
 * Packs bodies of 1,024 bytes and more for clients that take it, and tells the packed length. The plugin reads the
 * request's headers before it looks at the size, which costs an ingest a quarter of its time; most bodies are small,
 * so its hook is not asked about those.
 */
export const useCompression = (app: FacadeApp): void => {
  app.register(compress, {
    threshold: THRESHOLD_BYTES,
    encodings: ['br', 'gzip', 'deflate', 'identity'],
    globalDecompression: false,
  })
  app.after(() => {
    app.addHook('onRoute', (route) => {
      if (route.compress === false) return
      // The plugin has put its hook after those of the route itself.
      const hooks = [route.onSend ?? []].flat()
      const pack = hooks.pop()
      if (pack === undefined) return
      const packLarge: onSendHookHandler = function (request, reply, payload, done) {
        if (isSmall(payload)) done(null, payload)
        else pack.call(this, request, reply, payload, packed(reply, done))
      }
      route.onSend = [...hooks, packLarge]
    })
  })
}
