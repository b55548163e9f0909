/** Answers to upgrade requests that do not become sockets: plain HTTP, as the rest of the facade answers. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { CHALLENGE } from '../http/denials.ts'

interface Refusal {
  readonly status: number
  readonly error: string
  readonly retryAfterS?: number
}

const headersOf = ({ status, retryAfterS }: Refusal): string => {
  if (status === 401) return `WWW-Authenticate: ${CHALLENGE}\r\n`
  return retryAfterS === undefined ? '' : `Retry-After: ${retryAfterS}\r\n`
}

/** Sends the answer and gives the connection up, whether or not the client takes it. */
export const refuseUpgrade = (stream: Duplex, refusal: Refusal): void => {
  const { status, error } = refusal
  const body = JSON.stringify({ success: false, error })
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close`
  const type = 'Content-Type: application/json; charset=utf-8'
  stream.on('error', () => stream.destroy())
  stream.once('finish', () => stream.destroy())
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  stream.end(`${head}\r\n${headersOf(refusal)}${type}\r\n${length}\r\n\r\n${body}`)
}
