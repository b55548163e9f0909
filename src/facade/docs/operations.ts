/**
 * What the API document says of each route beside its schemas: a line of prose, the group it is shown in, and the
 * shape of what no schema can tell: pictures, forms, and values that are decoded by hand because clients send them
 * in more than one way. Keyed by method and path; a test compares the keys with the routes there are.
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

export interface Operation {
  readonly tag: 'devices' | 'readings' | 'buzzer' | 'camera' | 'system'
  readonly summary: string
  /** The request's body by content type, in place of the route's schema. */
  readonly body?: { readonly [contentType: string]: JsonSchema }
  /** The query in place of the route's schema. */
  readonly query?: JsonSchema
  /** The 200 by content type, in place of the route's schema. */
  readonly answer?: { readonly [contentType: string]: JsonSchema }
}

const text = { type: 'string' } as const
const deviceId = { type: 'string', minLength: 1, maxLength: 100 } as const
const measured = { type: ['number', 'null'] } as const
const JPEG = { type: 'string', contentMediaType: 'image/jpeg' } as const
const BINARY = { type: 'string', contentMediaType: 'application/octet-stream' } as const

const object = (properties: JsonSchema, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
})

const form = (properties: JsonSchema, required: readonly string[]) => ({
  'multipart/form-data': object(properties, required),
})

const reading = object(
  {
    deviceId: { ...deviceId, description: 'Or `id`.' },
    timestamp: { type: 'number', description: 'Epoch ms; under 1e12 it is the time since boot.' },
    ts: { type: ['number', 'string'], description: 'Epoch ms, epoch seconds or ISO 8601.' },
    boot: {
      type: ['string', 'number'],
      description: 'Changes at each boot; with `seq`, nothing is stored twice.',
    },
    seq: { type: 'integer' },
    temperature: measured,
    humidity: measured,
    distance: measured,
    lightLevel: measured,
    pressure: measured,
    altitude: measured,
    co2Level: measured,
  },
  ['deviceId'],
)

const picture = {
  'image/jpeg': JPEG,
  'application/octet-stream': BINARY,
  ...form({ image: JPEG }, ['image']),
}
const limit = (max: number) => ({ type: 'integer', minimum: 1, maximum: max })

export const OPERATIONS: { readonly [methodAndPath: string]: Operation } = {
  'POST /api/v1/devices/register': { tag: 'devices', summary: 'A device says what it is' },
  'POST /api/v1/devices/heartbeat': { tag: 'devices', summary: 'A known device says that it lives' },
  'GET /api/v1/devices': { tag: 'devices', summary: 'The devices seen last, at most 100' },
  'POST /api/v1/devices/:deviceId/command': {
    tag: 'devices',
    summary: 'Send a command to a device over MQTT',
  },
  'POST /api/v1/ingest/sensor-data': {
    tag: 'readings',
    summary: 'One reading, or an array of readings; 200 means that they are on disk',
    body: { 'application/json': { anyOf: [reading, { type: 'array', items: reading, maxItems: 1000 }] } },
  },
  'GET /api/v1/sensor-data': {
    tag: 'readings',
    summary: 'The newest readings of a device, newest first',
    query: object({ deviceId, limit: { ...limit(500), default: 100 } }, ['deviceId']),
  },
  'POST /api/v1/buzzer/request': { tag: 'buzzer', summary: 'Ask a device to beep' },
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
    body: { 'application/json': object({ deviceId, status: { type: 'boolean' } }, ['deviceId', 'status']) },
  },
  'POST /api/v1/buzzer/ping': { tag: 'buzzer', summary: 'Ask a device to beep, in fewer words' },
  'POST /api/v1/stream/fast': { tag: 'camera', summary: 'A picture of a camera that streams', body: picture },
  'POST /api/v1/stream/stream': { tag: 'camera', summary: 'A single picture of a camera', body: picture },
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
    body: { 'application/json': object({ deviceId }) },
    query: object({ deviceId }),
  },
  'GET /api/v1/stream/recordings': { tag: 'camera', summary: 'The films, newest first' },
  'DELETE /api/v1/stream/recordings/:filename': { tag: 'camera', summary: 'Delete a film' },
  'POST /api/v1/recognition/add-permitted-face': {
    tag: 'camera',
    summary: 'Teach the face service a face',
    body: form({ image: JPEG, name: text }, ['image', 'name']),
  },
  'GET /api/v1/system/status': { tag: 'system', summary: 'Devices and commands, in numbers' },
  'GET /api/v1/system/performance': { tag: 'system', summary: 'Memory, queues, caches and response times' },
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
