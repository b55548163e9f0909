/**
 * The poll of a board's buzzer, answered before it is routed. Seven of eight requests of a fleet are this one, each
 * on a connection of its own. Routing, hooks and plugins cost such a request 80–100 µs on top of the 130 that node
 * itself takes to accept, parse and answer (measured); this costs about 10.
 *
 * It answers with the bytes of the route, or leaves the request to it: whatever is not the plain poll of the sketches
 * (other letter case, encoded ids, a query, a condition) goes the long way. A test compares the two.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DeviceId } from '../../../bridge/index.ts'
import type { FacadeDeps, FacadeOptions } from '../app.ts'
import { ANSWER_HEADERS } from './answer-headers.ts'
import { NO_STORE } from './cache-profile.ts'
import { VARY, weakTag } from './conditional-get.ts'

/** Answers the request, or returns false and has not touched it. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean

interface Answer {
  readonly body: string
  /** Names and values in turn, as node takes them without looking at each. */
  readonly headers: string[]
}

const PREFIX = '/api/v1/buzzer/status/'
/** Ids that a URL holds as they are; every one of them is a device id. */
const PLAIN_ID = /^[A-Za-z0-9._~-]{1,100}$/
const CONDITION = 'if-none-match'

const answerOf = (body: string): Answer => {
  const headers = {
    ...ANSWER_HEADERS,
    ...NO_STORE,
    'content-type': 'application/json; charset=utf-8',
    etag: weakTag(body),
    vary: VARY,
    'content-length': String(body.length),
  }
  return { body, headers: Object.entries(headers).flat() }
}

/** `request.headers` would first be made, of every header, and thrown away. */
const isConditional = ({ rawHeaders }: IncomingMessage): boolean => {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === CONDITION.length && name.toLowerCase() === CONDITION) return true
  }
  return false
}

/** Undefined where a key is asked of polls: those are checked where all others are. */
export const createPollLane = (
  { buzzer, devices }: Pick<FacadeDeps, 'buzzer' | 'devices'>,
  { apiKey, legacyOpen }: Pick<FacadeOptions, 'apiKey' | 'legacyOpen'>,
): Lane | undefined => {
  if (apiKey !== undefined && !legacyOpen) return undefined
  const nothing = answerOf('{"status":"no_requests"}')

  /** Undefined when it failed: it then fails once more in the route, which says so as every route does. */
  const poll = (deviceId: DeviceId): Answer | undefined => {
    try {
      devices.alive(deviceId)
      const requestId = buzzer.poll(deviceId)
      return requestId === undefined ? nothing : answerOf(`{"status":"pending","requestId":"${requestId}"}`)
    } catch {
      return undefined
    }
  }

  return (request, response) => {
    const { method, url = '' } = request
    if (method !== 'GET' || !url.startsWith(PREFIX)) return false
    const id = url.slice(PREFIX.length)
    if (!PLAIN_ID.test(id) || isConditional(request)) return false
    const answer = poll(id as DeviceId)
    if (answer === undefined) return false
    response.writeHead(200, answer.headers)
    response.end(answer.body, 'latin1')
    return true
  }
}
