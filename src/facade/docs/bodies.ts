/** Bodies as clients should send them, where the routes take more than that: other spellings, numbers as text. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

type Required = readonly string[]

export const object = (properties: JsonSchema, required: Required = []): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
})

const json = (schema: JsonSchema) => ({ 'application/json': schema })
export const form = (properties: JsonSchema, required: Required) => ({
  'multipart/form-data': object(properties, required),
})

export const text = { type: 'string' } as const
const textOf = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength }) as const
export const deviceId = textOf(100)
const measured = { type: ['number', 'null'] } as const
export const JPEG = { type: 'string', contentMediaType: 'image/jpeg' } as const
export const BINARY = { type: 'string', contentMediaType: 'application/octet-stream' } as const

export const registration = json(
  object(
    {
      deviceId: { ...deviceId, description: 'Or `id`.' },
      deviceName: { ...textOf(255), description: 'Or `name`.' },
      deviceType: { ...textOf(100), description: 'Or `type`.' },
      ipAddress: { type: 'string', maxLength: 45, description: 'Else the address it comes from.' },
      capabilities: { type: 'array', items: textOf(100), maxItems: 64 },
    },
    ['deviceId', 'deviceName', 'deviceType'],
  ),
)

export const heartbeat = json(
  object(
    {
      deviceId,
      status: { type: 'string', enum: ['online', 'offline', 'warning', 'error'], default: 'online' },
      uptime: {
        type: 'number',
        minimum: 0,
        description: 'Milliseconds. What is absent stays as it is known.',
      },
      freeHeap: { type: 'number', minimum: 0, description: 'Bytes.' },
      wifiRssi: { type: 'number', description: 'dBm.' },
    },
    ['deviceId'],
  ),
)

export const command = json({
  ...object({ command: textOf(4_000) }, ['command']),
  description: 'Goes to the device as it is, with whatever else it holds; 4 KiB at most.',
  additionalProperties: true,
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
export const readings = json({ anyOf: [reading, { type: 'array', items: reading, maxItems: 1000 }] })

const MOMENT =
  'Epoch ms or s, ISO 8601 with its zone, `now`, or before now: `-90s`, `-15m`, `-24h`, `-7d`, `-4w`, `-1y`.'

/** The query of the history. */
export const history = object(
  {
    deviceId: {
      type: 'array',
      items: textOf(100),
      minItems: 1,
      maxItems: 1_000,
      description: 'Given as often as there are devices; 20 at most for JSON.',
    },
    metric: {
      type: 'array',
      items: textOf(200),
      maxItems: 40,
      description: 'Metrics, and keys of custom that are numbers. Absent: all of them.',
    },
    from: { ...text, default: '-24h', description: MOMENT },
    to: { ...text, default: 'now', description: `Exclusive. ${MOMENT}` },
    points: {
      type: 'integer',
      minimum: 1,
      maximum: 5_000,
      default: 500,
      description: 'About so many a series.',
    },
    format: {
      ...text,
      enum: ['json', 'csv', 'ndjson'],
      description: 'Absent: as `Accept` says. csv and ndjson are every row of the range.',
    },
    after: {
      ...text,
      description: 'csv and ndjson: `DEVICE,TIME,ROWS`, the last row that is there already.',
    },
    limit: { type: 'integer', minimum: 1, description: 'csv and ndjson: rows at most.' },
  },
  ['deviceId'],
)

export const beep = json(
  object(
    {
      deviceId,
      durationMs: {
        type: 'integer',
        minimum: 1,
        maximum: 60_000,
        default: 250,
        description: 'For boards on MQTT; those that poll beep as long as they always do.',
      },
    },
    ['deviceId'],
  ),
)

export const onOrOff = json(object({ deviceId, status: { type: 'boolean' } }, ['deviceId', 'status']))

export const picture = {
  'image/jpeg': JPEG,
  'application/octet-stream': BINARY,
  ...form({ image: JPEG }, ['image']),
}

const whole = { type: 'integer' } as const
/** What a camera says of itself; none of it is needed. */
export const cameraHeaders = object({
  'Device-ID': { ...deviceId, default: 'unknown_device', description: 'Or `X-Device-ID`.' },
  'Device-Name': text,
  'Device-Type': text,
  'Device-IP': text,
  'Device-Status': text,
  'Device-Uptime': { ...whole, description: 'Milliseconds.' },
  'Device-FreeHeap': whole,
  'Device-WifiRssi': whole,
  'Device-Capabilities': { ...text, description: 'A JSON array of texts.' },
})
