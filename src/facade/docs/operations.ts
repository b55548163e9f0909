/**
 * What the API document says of each route beside its schemas: a line of prose, the group it is shown in, and the
 * shape of what no schema can tell: pictures, forms, and values that are decoded by hand because clients send them
 * in more than one way. Keyed by method and path; a test compares the keys with the routes there are.
 */
import {
  BINARY,
  beep,
  cameraHeaders,
  command,
  deviceId,
  form,
  heartbeat,
  history,
  JPEG,
  type JsonSchema,
  object,
  onOrOff,
  picture,
  readings,
  registration,
  text,
} from './bodies.ts'

export interface Operation {
  readonly tag: 'access' | 'devices' | 'readings' | 'buzzer' | 'camera' | 'system'
  readonly summary: string
  /** The request's body by content type, in place of the route's schema; `none`: what it takes is not needed. */
  readonly body?: { readonly [contentType: string]: JsonSchema } | 'none'
  readonly headers?: JsonSchema
  /** The query in place of the route's schema. */
  readonly query?: JsonSchema
  /** The 200 by content type, in place of the route's schema. */
  readonly answer?: { readonly [contentType: string]: JsonSchema }
}

const limit = (max: number) => ({ type: 'integer', minimum: 1, maximum: max })

export const OPERATIONS: { readonly [methodAndPath: string]: Operation } = {
  'POST /api/v1/auth/token': {
    tag: 'access',
    summary: 'A short-lived token of a user, for pages: by name and secret (Basic)',
  },
  'POST /api/v1/devices/register': {
    tag: 'devices',
    summary: 'A device says what it is',
    body: registration,
  },
  'DELETE /api/v1/devices/:deviceId': {
    tag: 'devices',
    summary: 'Forgets a device; its readings stay, and when it is heard of again it is a new one',
  },
  'POST /api/v1/devices/heartbeat': {
    tag: 'devices',
    summary: 'A known device says that it lives; 404 when nobody knows it',
    body: heartbeat,
  },
  'GET /api/v1/overview': {
    tag: 'devices',
    summary: 'All devices (10,000 at most) with their latest values, from memory',
  },
  'GET /api/v1/devices': { tag: 'devices', summary: 'The devices seen last, at most 100' },
  'GET /api/v1/devices/:deviceId': {
    tag: 'devices',
    summary: 'One device: values, losses, dead letters, buzzer, picture; 404 when nobody knows it',
  },
  'POST /api/v1/devices/:deviceId/command': {
    tag: 'devices',
    summary: 'Send a command to a device over MQTT',
    body: command,
  },
  'POST /api/v1/ingest/sensor-data': {
    tag: 'readings',
    summary: 'One reading, or an array of readings; 200 means that they are on disk',
    body: readings,
  },
  'GET /api/v1/sensor-data': {
    tag: 'readings',
    summary: 'The newest readings of a device, newest first',
    query: object({ deviceId, limit: { ...limit(500), default: 100 } }, ['deviceId']),
  },
  'GET /api/v1/history': {
    tag: 'readings',
    summary:
      'Metrics of devices over a range of time, in about as many points as asked for; or every row of it, as CSV or as a JSON object a line',
    query: history,
  },
  'POST /api/v1/buzzer/request': { tag: 'buzzer', summary: 'Ask a device to beep', body: beep },
  'GET /api/v1/buzzer/status/:deviceId': { tag: 'buzzer', summary: 'What a board polls: is it to beep?' },
  'PATCH /api/v1/buzzer/complete/:id': { tag: 'buzzer', summary: 'A board has beeped' },
  'GET /api/v1/buzzer/status': {
    tag: 'buzzer',
    summary: 'The newest request of a device, or of the 50 devices seen last',
    query: object({ deviceId }),
  },
  'POST /api/v1/buzzer/control': {
    tag: 'buzzer',
    summary: 'Beep, or take the beep back',
    body: onOrOff,
  },
  'POST /api/v1/buzzer/ping': {
    tag: 'buzzer',
    summary: 'Ask a device to beep, in fewer words',
    body: beep,
  },
  'POST /api/v1/stream/fast': {
    tag: 'camera',
    summary: 'A picture of a camera that streams: 5,000 bytes to 20 MiB',
    body: picture,
    headers: cameraHeaders,
  },
  'POST /api/v1/stream/stream': {
    tag: 'camera',
    summary: 'A single picture of a camera: 10 MiB at most',
    body: picture,
    headers: cameraHeaders,
  },
  'GET /api/v1/stream/frames': {
    tag: 'camera',
    summary: 'The pictures of the last ten minutes, newest first',
    query: object({ limit: { ...limit(10_000), default: 1000 } }),
  },
  'GET /api/v1/stream/live/:deviceId': {
    tag: 'camera',
    summary: 'What a camera sends now, as motion JPEG for an `<img>`',
    answer: { 'multipart/x-mixed-replace': BINARY },
  },
  'POST /api/v1/stream/record': {
    tag: 'camera',
    summary: 'Make a film of the last 30 seconds of one camera',
    body: 'none',
    query: object({ deviceId }),
  },
  'GET /api/v1/stream/recordings': { tag: 'camera', summary: 'The films, newest first' },
  'DELETE /api/v1/stream/recordings/:filename': { tag: 'camera', summary: 'Delete a film' },
  'GET /data/:file': {
    tag: 'camera',
    summary: 'A picture, by the `url` it was announced or listed with; ranges and revalidation',
    answer: { 'image/jpeg': JPEG },
  },
  'GET /recordings/:file': {
    tag: 'camera',
    summary: 'A film; ranges and revalidation, for players',
    answer: { 'video/mp4': BINARY },
  },
  'POST /api/v1/recognition/add-permitted-face': {
    tag: 'camera',
    summary: 'Teach the face service a face',
    body: form({ image: JPEG, name: text }, ['image', 'name']),
  },
  'GET /api/v1/system/status': { tag: 'system', summary: 'Devices and commands, in numbers' },
  'GET /api/v1/system/performance': { tag: 'system', summary: 'Memory, queues, caches and response times' },
  'GET /api/v1/system/balance': {
    tag: 'system',
    summary:
      'What became of everything received: in all, and of the devices that sent most or the one asked for',
    query: object({ deviceId, limit: { ...limit(500), default: 100 } }),
  },
  'GET /api/v1/system/overview': {
    tag: 'system',
    summary: 'Rates, spool, balance, caches, connections, disk and tables, in one answer',
  },
  'GET /api/v1/openapi.json': {
    tag: 'system',
    summary: 'This document',
    answer: { 'application/json': { type: 'object', description: 'An OpenAPI 3.1 document.' } },
  },
  'GET /health': {
    tag: 'system',
    summary: 'Is it well? 503 when it takes nothing in; `?probe=live`: does it live?',
    query: object({ probe: { const: 'live' } }),
  },
  'GET /metrics': { tag: 'system', summary: 'Counters for Prometheus', answer: { 'text/plain': text } },
}
