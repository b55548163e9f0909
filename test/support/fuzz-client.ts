/** Sends many requests over few kept connections and notes what no client may ever be answered. */
import { randomInt } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { FuzzRequest } from './fuzz-requests.ts'

export interface Offence {
  readonly why: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const ENDLESS = 'multipart/x-mixed-replace'
const TIMEOUT_MS = 10_000

/** The status, or the code of the error. */
export const statusOf = (
  http: string,
  asked: FuzzRequest,
  agent: Agent | false,
  localAddress?: string,
): Promise<number | string> =>
  new Promise((resolve) => {
    const url = new URL(http)
    const { method, path, body } = asked
    // Node says it of some methods only; the bodies of others would be taken for a second request.
    const headers = { 'Content-Length': String(Buffer.byteLength(body)), ...asked.headers }
    const sent = request({ host: url.hostname, port: url.port, method, path, headers, agent, localAddress })
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(Object.assign(new Error('silent'), { code: 'SILENT' })))
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    sent.once('response', (response) => {
      const status = response.statusCode ?? 0
      if (response.headers['content-type']?.startsWith(ENDLESS)) {
        sent.destroy()
        resolve(status)
        return
      }
      response.resume().once('end', () => resolve(status))
      response.once('error', () => resolve('CUT'))
    })
    sent.end(body)
  })

/** What may be a wrong key, secret or token: answers to those of one address are later and later. */
const mayBeGuess = ({ path, headers }: FuzzRequest): boolean =>
  /[?&](apiKey|token)=/.test(path) || 'X-API-Key' in headers || 'Authorization' in headers

/** One loopback address after the other, from anywhere on. */
const addresses = function* (): Generator<string, never> {
  for (let n = randomInt(2 ** 20); ; n += 1) yield `127.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`
}

/** A kept connection may be closed just when the next request is written to it; a client sends it once more. */
const statusWithRepeat = async (
  http: string,
  asked: FuzzRequest,
  agent: Agent,
  localAddress?: string,
): Promise<number | string> => {
  const status = await statusOf(http, asked, agent, localAddress)
  return typeof status === 'number' ? status : statusOf(http, asked, false, localAddress)
}

/** 500 by contract (3.15): ffmpeg can make no film of the random pictures that other requests left. */
const MAY_FAIL = /^\/api\/v1\/stream\/record\/?(\?|$)/i

const isAnswer = (status: number | string, path: string): boolean => {
  if (typeof status !== 'number' || status < 200) return false
  return status < 500 || status === 503 || (status === 500 && MAY_FAIL.test(path))
}

const brief = (body: string | Buffer): string => {
  const text = typeof body === 'string' ? body : `hex ${body.toString('hex')}`
  return text.length > 400 ? `${text.slice(0, 400)}… (${body.length})` : text
}

/** Sends them `together` at a time; the answer is what was not 2xx, 3xx, 4xx or 503. */
export const offencesOf = async (
  http: string,
  requests: readonly FuzzRequest[],
  together = 20,
): Promise<readonly Offence[]> => {
  const agent = new Agent({ keepAlive: true, maxSockets: together })
  const offences: Offence[] = []
  const queue = requests.values()
  const strangers = addresses()
  const worker = async (): Promise<void> => {
    for (const asked of queue) {
      const from = mayBeGuess(asked) ? strangers.next().value : undefined
      const status = await statusWithRepeat(http, asked, agent, from)
      if (!isAnswer(status, asked.path))
        offences.push({ why: String(status), ...asked, body: brief(asked.body) })
    }
  }
  try {
    await Promise.all(Array.from({ length: together }, worker))
    return offences
  } finally {
    agent.destroy()
  }
}
