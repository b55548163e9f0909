/**
 * Refusing a body before it was all sent. Closed at once, a connection breaks under a client that still writes, and
 * it sees a broken pipe where the answer should be. So the answer goes out whole, the rest of the body is read and
 * thrown away, and only then the exchange ends.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { VARY, weakTag } from './conditional-get.ts'

/** Enough for what any route takes, several times over. */
const MAX_BYTES = 268_435_456
const MAX_MS = 10_000

interface Bounds {
  readonly maxBytes: number
  readonly maxMs: number
}

/** Calls `done` once there is no more of the body, or no more is read of it. */
export const readOn = (
  request: IncomingMessage,
  done: () => void,
  { maxBytes, maxMs }: Bounds = { maxBytes: MAX_BYTES, maxMs: MAX_MS },
): void => {
  if (request.readableEnded || request.destroyed) return done()
  let bytes = 0
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > maxBytes) end()
  }
  const end = (): void => {
    clearTimeout(timer)
    request.off('data', take).off('end', end).off('close', end).off('error', end)
    done()
  }
  const timer = setTimeout(end, maxMs)
  request.on('data', take).once('end', end).once('close', end).once('error', end)
  request.resume()
}

/** There is a body, and not all of it has come. */
const isStillSent = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)

/** Sends a JSON answer with what was set of the reply, and reads on. */
const answerAndReadOn = (request: IncomingMessage, reply: FastifyReply, answer: object): void => {
  const body = JSON.stringify(answer)
  const known = { ...reply.getHeaders(), etag: weakTag(body), vary: VARY }
  for (const [name, value] of Object.entries(known)) if (value !== undefined) reply.raw.setHeader(name, value)
  reply.hijack()
  const length = Buffer.byteLength(body)
  const type = 'application/json; charset=utf-8'
  reply.raw.writeHead(reply.statusCode, { 'content-type': type, 'content-length': length })
  reply.raw.write(body)
  readOn(request, () => reply.raw.end())
}

/** Sends a refusal with what was set of the reply, so that a client that is still sending its body sees it. */
export const sendRefusal = (
  { raw }: Pick<FastifyRequest, 'raw'>,
  reply: FastifyReply,
  answer: object,
): FastifyReply => {
  if (!isStillSent(raw)) return reply.send(answer)
  answerAndReadOn(raw, reply, answer)
  return reply
}
