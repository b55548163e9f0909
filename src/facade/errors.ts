/** Every error that reaches the server becomes an answer here, by code; nothing matches on message text. */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type BridgeErrorCode, isBridgeError } from '../../bridge/index.ts'
import type { FacadeApp, FacadeDeps, FacadeOptions } from './app.ts'
import type { ErrorAnswer } from './contract/answers.ts'
import { NoRoomError } from './http/body-budget.ts'
import { sendRefusal } from './http/read-on.ts'

/** A mistake of the client, found before a handler ran. The message is shown to the client. */
export class RequestError extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string = STATUS_CODES[statusCode] ?? 'Bad Request') {
    super(message)
    this.name = 'RequestError'
    this.statusCode = statusCode
  }
}

/** A passing trouble: the client keeps its data and comes again. */
export interface Outage {
  readonly error: string
  readonly retryAfterS: number
}

const OUTAGES: { readonly [code in BridgeErrorCode]: Outage | 'unexpected' } = {
  STORE_UNAVAILABLE: { error: 'The database is not available at the moment', retryAfterS: 5 },
  SPOOL_FULL: { error: 'No more readings can be stored at the moment', retryAfterS: 10 },
  BUSY: { error: 'Too much waits for the disk at the moment', retryAfterS: 1 },
  SPOOL_BROKEN: { error: 'Readings cannot be written to disk at the moment', retryAfterS: 10 },
  STOPPING: { error: 'The server is stopping', retryAfterS: 5 },
  TIMEOUT: { error: 'The server took too long', retryAfterS: 5 },
  ROW_REFUSED: 'unexpected',
  CURSOR_MOVED: 'unexpected',
  SPOOL_LOCKED: 'unexpected',
  LISTEN_FAILED: 'unexpected',
  TLS_FILES: 'unexpected',
  EMBEDDED_POSTGRES: 'unexpected',
  NO_CREDENTIALS: 'unexpected',
  CLIENT_ID_FILE: 'unexpected',
}

const NO_ROOM: Outage = { error: 'Too many large requests at the moment', retryAfterS: 1 }

/** What to answer with a 503; undefined when the error is something else. */
export const outageOf = (error: unknown): Outage | undefined => {
  if (error instanceof NoRoomError) return NO_ROOM
  const outage = isBridgeError(error) ? OUTAGES[error.code] : 'unexpected'
  return outage === 'unexpected' ? undefined : outage
}

/** The 4xx of an error that blames the client; undefined when it does not. */
const clientFault = (error: Partial<FastifyError>): (ErrorAnswer & { status: number }) | undefined => {
  if (error.validation !== undefined) {
    return { success: false, status: 400, error: error.validation[0]?.message ?? 'Bad Request' }
  }
  const status = error.statusCode
  if (status === undefined || status < 400 || status > 499) return undefined
  const shown = error instanceof RequestError ? error.message : STATUS_CODES[status]
  return { success: false, status, error: shown ?? 'Bad Request' }
}

/** Whole milliseconds since the request came in. */
export const responseTimeOf = (reply: Pick<FastifyReply, 'elapsedTime'>): number =>
  Math.round(reply.elapsedTime)

/** Who fell silent in the middle of a body is cut; any other client sees the answer, also while it is sending. */
const refuse = (request: FastifyRequest, reply: FastifyReply, answer: ErrorAnswer): FastifyReply =>
  reply.statusCode === 408
    ? reply.header('connection', 'close').send(answer)
    : sendRefusal(request, reply, answer)

/** Unexpected errors are logged once, here, without the URL's query (it may hold the API key). */
export const useErrorAnswers = (app: FacadeApp, deps: FacadeDeps, options: FacadeOptions): void => {
  app.setErrorHandler<Partial<FastifyError>>((error, request, reply) => {
    const fault = clientFault(error)
    if (fault !== undefined) {
      const { status, ...answer } = fault
      reply.code(status)
      return refuse(request, reply, { ...answer, responseTime: responseTimeOf(reply) })
    }
    const outage = outageOf(error)
    if (outage !== undefined) {
      reply.code(503).header('Retry-After', outage.retryAfterS)
      const { error: sentence } = outage
      return refuse(request, reply, { success: false, error: sentence, responseTime: responseTimeOf(reply) })
    }
    deps.log?.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed')
    const answer: ErrorAnswer = { success: false, error: 'Internal server error', timestamp: deps.clock() }
    const details = options.nodeEnv === 'development' ? { details: String(error.message) } : {}
    return reply.code(500).send({ ...answer, ...details })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = (request.url.split('?', 1)[0] ?? '').slice(0, 200)
    const answer = { success: false, error: `Cannot ${request.method} ${path}` }
    return sendRefusal(request, reply.code(404), answer)
  })
}
