/** Answers to what never becomes a request: bytes that are no HTTP, and URLs that no route can be looked up for. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { errorCode } from '../../error-code.ts'
import { ANSWER_HEADERS } from './answer-headers.ts'
import { VARY } from './conditional-get.ts'

/** A peer that does not close after its answer is cut: it may be sending for ever. */
const LINGER_MS = 2_000

const STATUS_OF: { readonly [code: string]: number } = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
}

const answerOf = (status: number) => {
  const body = JSON.stringify({ success: false, error: STATUS_CODES[status] })
  const length = Buffer.byteLength(body)
  const type = 'application/json; charset=utf-8'
  return { body, headers: { ...ANSWER_HEADERS, 'content-type': type, 'content-length': length } }
}

/** There is no request to answer, only a socket. */
export const answerBrokenClient = (error: Error, socket: Socket): void => {
  const code = errorCode(error) ?? ''
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS_OF[code] ?? 400
  const { body, headers } = answerOf(status)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}connection: close\r\n\r\n${body}`,
  )
  const cut = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(cut))
}

/** Below these paths a name that cannot be read is a file that is not there. */
const FILES = /^\/(data|recordings)\//i

/** A URL that cannot be decoded, or with a parameter too long: found before any hook runs. */
export const answerBadUrl = ({ url = '' }: IncomingMessage, response: ServerResponse): void => {
  const status = FILES.test(url) ? 404 : 400
  const { body, headers } = answerOf(status)
  response.writeHead(status, { ...headers, vary: VARY }).end(body)
}
