/**
 * What every answer carries (contract, section 2): open to any origin, and the security headers of the older
 * backend. They never change, so they are written as constants: a plugin that works them out anew for each request
 * and sets them one by one on node's response costs a poll a third of its time.
 */
import cors from '@fastify/cors'
import type { FacadeApp } from '../app.ts'

const ANY_ORIGIN = { 'access-control-allow-origin': '*' } as const

/** Of every answer but preflights; a route may set its own value (pictures allow other origins). */
export const ANSWER_HEADERS = {
  ...ANY_ORIGIN,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=15552000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
} as const

/** Sets them before anything else runs, so that refusals, errors and 404s carry them too. */
export const useAnswerHeaders = (app: FacadeApp): void => {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(request.method === 'OPTIONS' ? ANY_ORIGIN : ANSWER_HEADERS)
    done()
  })
}

/** Answers OPTIONS of any path: to the older backend every one is a preflight. */
export const usePreflights = (app: FacadeApp): void => {
  // In a scope of its own: what the plugin hooks into it runs for preflights only.
  app.register(async (preflights) => {
    await preflights.register(cors, {
      origin: '*',
      methods: 'GET,HEAD,PUT,PATCH,POST,DELETE',
      strictPreflight: false,
    })
  })
}
