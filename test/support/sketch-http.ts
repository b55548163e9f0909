/**
 * HTTP as the ESP32 library speaks it: a new TCP connection for each request, no compression, a time-out after
 * which the code is negative. It reads Content-Length and chunked answers, and no other coding.
 */
import { request } from 'node:http'

export interface SketchRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Milliseconds without an answer until it is given up. */
  readonly timeoutMs?: number
}

export interface SketchAnswer {
  /** Status, or what the library says instead: -1 no connection, -11 time-out, -8 a coding it cannot read. */
  readonly code: number
  readonly body: string
}

const DEFAULT_TIMEOUT_MS = 5_000
const NO_CONNECTION: SketchAnswer = { code: -1, body: '' }
const TIMED_OUT: SketchAnswer = { code: -11, body: '' }
const UNREADABLE: SketchAnswer = { code: -8, body: '' }

export const HEADERS = {
  'User-Agent': 'ESP32HTTPClient',
  Connection: 'keep-alive',
  'Accept-Encoding': 'identity;q=1,chunked;q=0.1,*;q=0',
}

/** Never rejects: a sketch knows codes only. */
export const sketchRequest = (asked: SketchRequest): Promise<SketchAnswer> =>
  new Promise((resolve) => {
    const { method, url, headers = {}, body = '', timeoutMs = DEFAULT_TIMEOUT_MS } = asked
    const length = method === 'GET' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const sent = request(url, { method, headers: { ...HEADERS, ...headers, ...length }, agent: false })
    const end = (answer: SketchAnswer): void => {
      clearTimeout(timer)
      sent.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end(TIMED_OUT), timeoutMs)
    sent.once('error', () => end(NO_CONNECTION))
    sent.once('response', (response) => {
      const chunks: Buffer[] = []
      if (response.headers['content-encoding'] !== undefined) end(UNREADABLE)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', () => end(NO_CONNECTION))
      response.once('end', () =>
        end({ code: response.statusCode ?? -1, body: Buffer.concat(chunks).toString() }),
      )
    })
    sent.end(body)
  })
