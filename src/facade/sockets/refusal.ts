/** Answers to upgrade requests that do not become sockets: plain HTTP, as the rest of the facade answers. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Sends the answer and gives the connection up, whether or not the client takes it. */
export const refuseUpgrade = (stream: Duplex, status: 401 | 503, error: string): void => {
  const body = JSON.stringify({ success: false, error })
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close`
  const type = 'Content-Type: application/json; charset=utf-8'
  stream.on('error', () => stream.destroy())
  stream.once('finish', () => stream.destroy())
  stream.end(`${head}\r\n${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
