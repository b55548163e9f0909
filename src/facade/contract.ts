/**
 * The shapes of the HTTP contract: what a client sends and what it is answered. The types of the handlers
 * follow from these schemas. Requests are checked against them at run time; answers are checked by the
 * compiler alone (see server.ts), because encoding 500 rows through a schema costs more than making them.
 */
import { z } from 'zod'
import { splitIngestBody } from './ingest-body.ts'
import { parseLimit } from './limit.ts'

/** Whole milliseconds spent on the request. */
const responseTime = z.number().int()
const epochMs = z.number().int()
const iso = z.string()

/** Every error: `success: false` and one sentence; some routes add fields of their own. */
export const errorAnswer = z.object({
  success: z.literal(false),
  error: z.string(),
  /** Development only: the message of an unexpected error. */
  details: z.string().optional(),
  /** Unexpected errors only. */
  timestamp: epochMs.optional(),
  responseTime: responseTime.optional(),
})
export type ErrorAnswer = z.infer<typeof errorAnswer>

// --- GET /health ---------------------------------------------------------------------------------

export const healthQuery = z.object({
  probe: z
    .unknown()
    .optional()
    .transform((probe) => probe === 'live'),
})

const partHealth = z.looseObject({ ok: z.boolean(), message: z.string() })

export const healthAnswer = z.object({
  status: z.enum(['healthy', 'degraded']),
  /** Seconds, with fractions. */
  uptime: z.number(),
  timestamp: epochMs,
  backendVersion: z.string(),
  nodeVersion: z.string(),
  database: z.object({
    status: z.enum(['connected', 'disconnected']),
    version: z.string().nullable(),
    message: z.string(),
  }),
  live: z.boolean(),
  ready: z.boolean(),
  degraded: z.array(z.string()).readonly(),
  parts: z.record(z.string(), partHealth).readonly(),
})
export type HealthAnswer = z.infer<typeof healthAnswer>

// --- POST /api/v1/ingest/sensor-data ---------------------------------------------------------------

/** One reading, or an array of readings of one or several devices; see ingest-body.ts for the rules. */
export const ingestBody = z.unknown().transform((body, context) => {
  const split = splitIngestBody(body)
  if (split.ok) return split.request
  context.addIssue({ code: 'custom', message: split.error })
  return z.NEVER
})

const echoed = z.number().nullable().optional()

/** The receipt of one reading. Of the metrics, the four of the older backend are echoed when they were sent. */
export const readingReceipt = z.object({
  id: z.number().int(),
  deviceId: z.string(),
  timestamp: epochMs,
  temperature: echoed,
  humidity: echoed,
  distance: echoed,
  lightLevel: echoed,
  updatedAt: iso,
  createdAt: iso,
})

/** The receipt of one device's readings out of an array; `id` is that of its first reading. */
export const deviceReceipt = z.object({
  id: z.number().int(),
  deviceId: z.string(),
  count: z.number().int(),
  createdAt: iso,
})

const ingested = { success: z.literal(true), message: z.literal('Data received') }

/** An object is answered with an object, an array with an array (one receipt a device). */
export const ingestAnswer = z.union([
  z.object({ ...ingested, data: readingReceipt, responseTime }),
  z.object({ ...ingested, data: z.array(deviceReceipt).readonly(), count: z.number().int(), responseTime }),
])

/** A refused ingest; of an array it says how many readings are stored nevertheless, and which devices are not. */
export const ingestRefusal = errorAnswer.extend({
  reason: z.string().optional(),
  stored: z.number().int().optional(),
  refused: z
    .array(z.object({ deviceId: z.string(), error: z.string() }))
    .readonly()
    .optional(),
})

// --- GET /api/v1/sensor-data -----------------------------------------------------------------------

const MISSING_DEVICE_ID = 'Missing required query parameter: deviceId'
const MAX_DEVICE_IDS = 20

const askedId = z.string({ error: MISSING_DEVICE_ID }).min(1, MISSING_DEVICE_ID)
const askedIds = z.array(askedId).max(MAX_DEVICE_IDS, `At most ${MAX_DEVICE_IDS} devices in one request`)

export const sensorDataQuery = z.object({
  /** Given twice: the readings of both. */
  deviceId: z
    .unknown()
    .optional()
    .transform((given) => (Array.isArray(given) ? given : [given]))
    .pipe(askedIds),
  limit: z.unknown().optional().transform(parseLimit),
})

const value = z.number().nullable()

/** Exactly the five keys of the older backend. */
export const sensorDataRow = z.object({
  timestamp: epochMs,
  temperature: value,
  humidity: value,
  distance: value,
  lightLevel: value,
})
export type SensorDataRow = z.infer<typeof sensorDataRow>

export const sensorDataAnswer = z.object({
  success: z.literal(true),
  data: z.array(sensorDataRow).readonly(),
  count: z.number().int(),
  /** As asked. */
  deviceId: z.union([z.string(), z.array(z.string())]),
  responseTime,
})

// --- GET /api/v1/devices ---------------------------------------------------------------------------

/** The app calls `.toUpperCase()` on status and `.join` on capabilities, and shows a text time as N/A. */
export const deviceRow = z.object({
  deviceId: z.string(),
  deviceName: z.string(),
  deviceType: z.string(),
  status: z.enum(['online', 'offline', 'warning', 'error', 'maintenance']),
  ipAddress: z.string().nullable(),
  lastHeartbeat: epochMs,
  /** As the device sent it: milliseconds. */
  uptime: z.number(),
  freeHeap: z.number(),
  wifiRssi: z.number(),
  errorCount: z.number(),
  capabilities: z.array(z.string()).readonly(),
})
export type DeviceRow = z.infer<typeof deviceRow>

export const devicesAnswer = z.object({ success: z.literal(true), devices: z.array(deviceRow).readonly() })
