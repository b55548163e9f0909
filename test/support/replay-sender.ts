/** Sends recorded requests, with the names of the server as they are now. */
import { Agent } from 'node:http'
import { type Exchange, exchange } from './http-exchange.ts'
import type { RecordedRequest } from './recordings.ts'
import type { Names } from './replay-names.ts'
import { bodyBytes } from './replay-request.ts'

export interface Sender {
  /** On a connection of its own, as the sketches send. */
  send(request: RecordedRequest): Promise<Exchange>
  /** All at once, over few connections; answers in the order of the requests. */
  sendTogether(requests: readonly RecordedRequest[]): Promise<readonly Exchange[]>
  close(): void
}

/** The clock as an ETag never matched; everything else is asked with the ETag that it has now. */
const CLOCK_ETAG = /^\/api\/v1\/buzzer\/status\?/
const CONNECTIONS = 20

/** A client that gets no answer sees the code of the error, as the recordings keep it. */
const unanswered = (error: NodeJS.ErrnoException): Exchange => {
  const text = error.code ?? error.message
  return { status: 0, headers: {}, bytes: Buffer.from(text), text, json: text }
}

export const createSender = (http: string, names: Names): Sender => {
  const together = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const urlOf = ({ path }: RecordedRequest): string => `${http}${names.inPath(path)}`

  const headersOf = async (request: RecordedRequest): Promise<Readonly<Record<string, string>>> => {
    const { 'Content-Length': _length, ...headers } = request.headers
    if (headers['If-None-Match'] === undefined || CLOCK_ETAG.test(request.path)) return headers
    const { etag } = (await exchange(urlOf(request))).headers
    return { ...headers, 'If-None-Match': etag ?? 'none' }
  }

  const send = async (request: RecordedRequest, agent?: Agent): Promise<Exchange> => {
    const body = bodyBytes(request)
    return exchange(urlOf(request), {
      method: request.method,
      headers: await headersOf(request),
      ...(body === undefined ? {} : { body }),
      ...(agent === undefined ? {} : { agent }),
    }).catch(unanswered)
  }

  return {
    send: (request) => send(request),
    sendTogether: (requests) => Promise.all(requests.map((request) => send(request, together))),
    close: () => together.destroy(),
  }
}
