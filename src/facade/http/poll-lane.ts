/**
 * The poll of a board's buzzer, answered before it is routed. Seven of eight requests of a fleet are this one, each
 * on a connection of its own. Routing, hooks and plugins cost such a request 80–100 µs on top of the 130 that node
 * itself takes to accept, parse and answer (measured); this costs about 10.
 *
 * It answers with the bytes of the route, or leaves the request to it: whatever is not the plain poll of the sketches
 * (other letter case, encoded ids, a query, a condition) goes the long way, and so does a login that was not checked
 * before. A test compares the two.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type DeviceId, mayCall } from '../../../bridge/index.ts'
import { isForwardedRaw } from '../../forwarded.ts'
import type { RouteDeps } from '../app.ts'
import { ANSWER_HEADERS } from './answer-headers.ts'
import { NO_STORE } from './cache-profile.ts'
import { VARY, weakTag } from './conditional-get.ts'
import type { Guard } from './guard.ts'
import { readAuthorization } from './login.ts'
import { openingOf } from './route-access.ts'

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
const ROUTE = { method: 'GET', url: '/api/v1/buzzer/status/:deviceId' }
const CONDITION = 'if-none-match'
const LOGIN = 'authorization'
/** Both happen to be as long: one comparison tells that a header is neither. */
const LENGTH = CONDITION.length

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

/**
 * The value of the login header, empty when there is none; undefined when the poll has a condition. `request.headers`
 * would first be made, of every header, and thrown away.
 */
const loginOf = ({ rawHeaders }: IncomingMessage): string | undefined => {
  let login = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length !== LENGTH) continue
    const known = name.toLowerCase()
    if (known === CONDITION) return undefined
    // The first one counts, as it does for node.
    if (known === LOGIN && login === '') login = rawHeaders[i + 1] ?? ''
  }
  return login
}

/** Whether a login that is known allows this; of one that is not, the route will know more. */
const isKnownToAllow = (guard: Guard, header: string, deviceId: string): boolean => {
  const login = readAuthorization(header)
  const identity = login === 'broken' ? undefined : guard.recall(login)
  return identity !== undefined && mayCall(identity, 'send', deviceId)
}

/** It refuses nobody: whoever it does not answer is judged where all others are. */
export const createPollLane = ({
  buzzer,
  devices,
  guard,
}: Pick<RouteDeps, 'buzzer' | 'devices' | 'guard'>): Lane => {
  const { direct, forwarded } = openingOf(ROUTE, guard.openness)
  const isOpen = ({ rawHeaders }: IncomingMessage): boolean =>
    direct && (forwarded || !isForwardedRaw(rawHeaders))
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
    if (!PLAIN_ID.test(id)) return false
    const login = loginOf(request)
    if (login === undefined || !(login === '' ? isOpen(request) : isKnownToAllow(guard, login, id)))
      return false
    const answer = poll(id as DeviceId)
    if (answer === undefined) return false
    response.writeHead(200, answer.headers)
    response.end(answer.body, 'latin1')
    return true
  }
}
