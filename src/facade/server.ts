/**
 * The HTTP server without its life: plugins in the order their hooks must run, then the routes. What holds
 * for every answer of the older backend (section 2 of its contract) is set up here.
 */
import fastify, { type FastifySerializerCompiler } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { FacadeApp, FacadeOptions, RouteDeps } from './app.ts'
import { useErrorAnswers } from './errors.ts'
import { useAnswerHeaders, usePreflights } from './http/answer-headers.ts'
import { answerBadUrl, answerBrokenClient } from './http/broken-requests.ts'
import { useCompression } from './http/compression.ts'
import { useConditionalGet } from './http/conditional-get.ts'
import { useJsonBody } from './http/json-body.ts'
import { createNodeServer } from './http/node-server.ts'
import { createPollLane } from './http/poll-lane.ts'
import { useRoutes } from './routes.ts'

const MAX_BODY_BYTES = 52_428_800
/** Ids of 100 characters, percent-encoded. */
const MAX_PARAM_LENGTH = 1200

/** The types of the handlers vouch for the shape; checking 500 rows again would cost more than making them. */
const plainJson: FastifySerializerCompiler<unknown> = () => (data) => JSON.stringify(data)

/** Builds the server; it listens to nothing yet. */
export const buildServer = (deps: RouteDeps, options: FacadeOptions): FacadeApp => {
  const maxBodyBytes = options.maxBodyBytes ?? MAX_BODY_BYTES
  const lane = createPollLane(deps)
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    serverFactory: (routed) => createNodeServer(routed, lane),
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    // Requests that arrive on an open connection during a stop get the same answers as any other.
    return503OnClosing: false,
    clientErrorHandler: answerBrokenClient,
    frameworkErrors: (_error, request, reply) => answerBadUrl(request.raw, reply.raw),
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(plainJson)
  // Only with such a hook (or a logger) does fastify note when a request came, which is what `responseTime` reads.
  app.addHook('onResponse', (_request, _reply, done) => done())
  // The answer is made, whatever it is: the body has done its part. `onResponse` would miss clients that have gone.
  app.addHook('onSend', (request, _reply, payload, done) => {
    deps.bodies.release(request.raw)
    done(null, payload)
  })
  useAnswerHeaders(app)
  usePreflights(app)
  useConditionalGet(app)
  useCompression(app)
  useJsonBody(app, { budget: deps.bodies, maxBytes: maxBodyBytes })
  useErrorAnswers(app, deps, options)
  app.after(() => useRoutes(app, deps, options))
  return app
}
