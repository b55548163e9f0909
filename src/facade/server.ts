/**
 * The HTTP server without its life: plugins in the order their hooks must run, then the routes. What holds
 * for every answer of the older backend (section 2 of its contract) is set up here.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import fastify, { type FastifySerializerCompiler } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { FacadeApp, FacadeDeps, FacadeOptions } from './app.ts'
import { useErrorAnswers } from './errors.ts'
import { useConditionalGet } from './http/conditional-get.ts'
import { useJsonBody } from './http/json-body.ts'
import { useRoutes } from './routes.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const MAX_BODY_BYTES = 52_428_800
const KEEP_ALIVE_MS = 65_000
const HEADERS_TIMEOUT_MS = 66_000
/** Node's own default, which fastify switches off: a client may not send a request for ever. */
const REQUEST_TIMEOUT_MS = 300_000
/** Ids of 100 characters, percent-encoded. */
const MAX_PARAM_LENGTH = 1200
const HSTS_MAX_AGE_S = 15_552_000

/** The types of the handlers vouch for the shape; checking 500 rows again would cost more than making them. */
const plainJson: FastifySerializerCompiler<unknown> = () => (data) => JSON.stringify(data)

/** Bytes that are no HTTP: there is no request to answer, only a socket. */
const answerBrokenClient = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
  const body = JSON.stringify({ success: false, error: status.slice(4) })
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${JSON_TYPE}\r\nConnection: close`
  socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}

/** A URL that cannot be decoded, or with a parameter too long: found before any hook runs. */
const answerBadUrl = (response: ServerResponse): void => {
  const body = JSON.stringify({ success: false, error: 'Bad Request' })
  const headers = {
    'Content-Type': JSON_TYPE,
    'Content-Length': body.length,
    'Access-Control-Allow-Origin': '*',
  }
  response.writeHead(400, headers).end(body)
}

const useHeaders = (app: FacadeApp): void => {
  app.register(cors, {
    origin: '*',
    methods: 'GET,HEAD,PUT,PATCH,POST,DELETE',
    // Any OPTIONS request is a preflight to the older backend.
    strictPreflight: false,
  })
  app.register(helmet, {
    contentSecurityPolicy: false,
    strictTransportSecurity: { maxAge: HSTS_MAX_AGE_S, includeSubDomains: true },
  })
}

/** Builds the server; it listens to nothing yet. */
export const buildServer = (deps: FacadeDeps, options: FacadeOptions): FacadeApp => {
  const maxBodyBytes = options.maxBodyBytes ?? MAX_BODY_BYTES
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    // Requests that arrive on an open connection during a stop get the same answers as any other.
    return503OnClosing: false,
    clientErrorHandler: answerBrokenClient,
    frameworkErrors: (_error, _request, reply) => answerBadUrl(reply.raw),
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(plainJson)
  // Only with such a hook (or a logger) does fastify note when a request came, which is what `responseTime` reads.
  app.addHook('onResponse', (_request, _reply, done) => done())
  useHeaders(app)
  useConditionalGet(app)
  app.register(compress, {
    threshold: 1024,
    encodings: ['br', 'gzip', 'deflate', 'identity'],
    globalDecompression: false,
  })
  useJsonBody(app, maxBodyBytes)
  useErrorAnswers(app, deps, options)
  app.after(() => useRoutes(app, deps, options))
  return app
}
