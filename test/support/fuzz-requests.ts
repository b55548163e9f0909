/** Random requests to a route: almost right, wrong in one place, wrong everywhere. */
import fc from 'fast-check'
import { brokenJson, frame, headerText, id, json, MULTIPART, multipart } from './fuzz-bodies.ts'

export interface FuzzRoute {
  readonly method: string
  /** With `:id` where an id belongs. */
  readonly path: string
}

export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** Rows 1–24 of the contract's table of endpoints, and what is new. */
const ROUTES = `
POST /api/v1/devices/register
POST /api/v1/devices/heartbeat
GET /api/v1/devices
POST /api/v1/devices/:id/command
POST /api/v1/ingest/sensor-data
GET /api/v1/sensor-data
POST /api/v1/buzzer/request
GET /api/v1/buzzer/status/:id
PATCH /api/v1/buzzer/complete/:id
GET /api/v1/buzzer/status
POST /api/v1/buzzer/control
POST /api/v1/buzzer/ping
POST /api/v1/stream/fast
POST /api/v1/stream/stream
POST /api/v1/stream/record
GET /api/v1/stream/recordings
DELETE /api/v1/stream/recordings/:id
GET /api/v1/stream/frames
GET /api/v1/stream/live/:id
POST /api/v1/recognition/add-permitted-face
GET /api/v1/system/status
GET /api/v1/system/performance
GET /health
GET /data/:id
GET /recordings/:id
GET /api/v1/openapi.json
GET /docs`

export const FUZZ_ROUTES: readonly FuzzRoute[] = ROUTES.trim()
  .split('\n')
  .map((line) => {
    const [method = '', path = ''] = line.split(' ')
    return { method, path }
  })

const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/json; charset=foo',
  'text/plain',
]
const MORE_TYPES = [
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'image/jpeg',
  'image/png',
  ';;;',
]

const typed = fc.oneof(
  { weight: 5, arbitrary: json.map((body) => ({ type: 'application/json', body })) },
  { weight: 2, arbitrary: brokenJson.map((body) => ({ type: 'application/json', body })) },
  { weight: 2, arbitrary: frame.map((body) => ({ type: 'image/jpeg', body })) },
  { weight: 2, arbitrary: multipart.map((body) => ({ type: MULTIPART, body })) },
  fc.record({
    type: fc.oneof(fc.constantFrom(...TYPES, ...MORE_TYPES, 'multipart/form-data', MULTIPART), headerText),
    body: fc.oneof(
      json,
      brokenJson,
      fc.uint8Array({ maxLength: 6_000 }).map((bytes) => Buffer.from(bytes)),
    ),
  }),
)

type Headers = Readonly<Record<string, string>>

const HEADERS =
  'Device-ID X-Device-ID Device-Name Device-Type Device-IP Device-Status Device-Uptime Device-FreeHeap ' +
  'Device-WifiRssi Device-Capabilities X-API-Key If-None-Match If-Modified-Since Range Accept-Encoding Accept Origin ' +
  'Content-Encoding Cookie Authorization X-Forwarded-For X-Frame-Width'

const headers: fc.Arbitrary<Headers> = fc
  .subarray(HEADERS.split(' '))
  .chain((names) => fc.tuple(...names.map((name) => headerText.map((text) => [name, text] as const))))
  .map((entries) => Object.fromEntries(entries))
/** One wrong header finds more than twenty: what comes later is not reached. */
const fewHeaders: fc.Arbitrary<Headers> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Headers>({}) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom(...HEADERS.split(' ')), headerText).map(([n, v]) => ({ [n]: v })),
  },
  { weight: 1, arbitrary: headers },
  fc.constantFrom<Headers>({ Range: 'bytes=0-1' }, { Range: 'bytes=9-1,-' }, { 'Content-Encoding': 'gzip' }),
)

const query = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  fc
    .tuple(fc.constantFrom('deviceId', 'limit', 'deviceId[a]', 't', '__proto__', 'apiKey'), id)
    .map(([k, v]) => `?${k}=${v}`),
  fc.tuple(id, id).map(([a, b]) => `?deviceId=${a}&limit=${b}&deviceId=${b}`),
)

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What node's client would refuse to send as a path. */
const sendable = (path: string): string =>
  path.replaceAll(/[^\x21-\x7e]/gu, (text) => {
    try {
      return encodeURIComponent(text)
    } catch {
      return '%ED%A0%80' // half of a surrogate pair
    }
  })

/** Requests to one route. */
export const fuzzRequest = (route: FuzzRoute): fc.Arbitrary<FuzzRequest> =>
  fc
    .record({
      method: fc.oneof({ weight: 9, arbitrary: fc.constant(route.method) }, fc.constantFrom(...METHODS)),
      id,
      query,
      headers: fewHeaders,
      sent: typed,
      tail: fc.oneof({ weight: 8, arbitrary: fc.constant('') }, fc.constantFrom('/', '//', '/x', '/..', '%')),
    })
    .map(({ method, id, query, headers, sent, tail }) => ({
      method,
      path: sendable(route.path.replace(':id', id) + tail + query),
      headers: method === 'GET' || method === 'HEAD' ? headers : { 'Content-Type': sent.type, ...headers },
      body: method === 'GET' || method === 'HEAD' ? '' : sent.body,
    }))
