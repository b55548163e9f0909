/** `GET /api/v1/overview`, `GET /api/v1/devices/:deviceId`, `GET /api/v1/system/overview`: what the dashboard reads. */
import { z } from 'zod'
import { METRICS } from '../../../bridge/index.ts'
import { epochMs } from './answers.ts'
import { shownStatus } from './devices.ts'
import { balance, cacheStats } from './system.ts'

const success = z.literal(true)
const count = z.number().int()
const bytes = z.number().int()

const values = z.partialRecord(z.enum(METRICS), z.number())

const deviceFields = {
  deviceId: z.string(),
  /** The id when it never said one. */
  name: z.string(),
  /** As it registered; else `sensor` once it sent readings, or `unknown`. */
  type: z.string(),
  /** As in `GET /api/v1/devices`. */
  status: shownStatus,
  /** `silent`: connected, or not known to be gone, and nothing heard for over two minutes. `offline`: it is gone. */
  link: z.enum(['connected', 'silent', 'offline']),
  lastSeen: epochMs,
  /** dBm; null when it never said. */
  wifiRssi: z.number().nullable(),
  /** As it said last; null when it never did. */
  uptimeMs: z.number().nullable(),
  /** Bytes; null when it never said. */
  freeHeap: z.number().nullable(),
  /** The newest value of each metric; null without any, and for a moment after a start. */
  latest: z
    .object({
      ts: epochMs,
      receivedAt: epochMs,
      values,
      custom: z.record(z.string(), z.unknown()).nullable(),
    })
    .nullable(),
  /** When its newest picture was taken; null without one on disk. */
  frameAt: epochMs.nullable(),
}

export const overviewRow = z.object(deviceFields)
export type OverviewRow = z.infer<typeof overviewRow>

export const overviewAnswer = z.object({
  success,
  /** By the server's clock: ages are to be told by it. */
  now: epochMs,
  /** Devices known; more than are listed when there are over 10,000. */
  total: count,
  /** Newest sign of life first. */
  devices: z.array(overviewRow).readonly(),
})

const buzzer = z.object({
  id: count,
  /** `lapsed`: not done in time. */
  status: z.enum(['pending', 'completed', 'cancelled', 'lapsed']),
  durationMs: z.number(),
  requestedAt: epochMs,
  /** Shown to a board that polls, or given to the open MQTT connection of one; null before, and when that is not known. */
  deliveredAt: epochMs.nullable(),
  completedAt: epochMs.nullable(),
  expiresAt: epochMs,
})

const letter = z.object({
  id: count,
  receivedAt: epochMs,
  topic: z.string(),
  reason: z.string(),
  detail: z.string(),
})

export const deviceAnswer = z.object({
  success,
  now: epochMs,
  device: z.object({
    ...deviceFields,
    firstSeen: epochMs,
    ipAddress: z.string().nullable(),
    capabilities: z.array(z.string()).readonly(),
    /** Since this start, readings: those that came, those known already, and messages that could not be stored. */
    received: count,
    deduplicated: count,
    deadLettered: count,
    /** The share of sequence numbers that never came, or not yet: 0 to 1; null when the board sends none. */
    lossRatio: z.number().nullable(),
    missing: count.nullable(),
    /** Of the boot heard of last; null when the board sends no boot and seq. */
    sequence: z.object({ boot: z.string(), highest: count, contiguous: count.nullable() }).nullable(),
    /** The newest 20; null: see `unavailable`. */
    deadLetters: z.array(letter).readonly().nullable(),
    /** The newest request; null when there never was one, or see `unavailable`. */
    buzzer: buzzer.nullable(),
    frame: z.object({ filename: z.string(), url: z.string(), at: epochMs }).nullable(),
    /** Why a part could not be told, in one sentence each; empty when all could. */
    unavailable: z.object({ deadLetters: z.string().optional(), buzzer: z.string().optional() }),
  }),
})
export type DeviceDetail = z.infer<typeof deviceAnswer>['device']

/** Over the last ten seconds. */
const rates = z.object({
  /** MQTT messages that came in, whatever they were. */
  messagesPerSecond: z.number(),
  /** Readings made durable. */
  readingsPerSecond: z.number(),
  /** Rows committed in Postgres. */
  storedPerSecond: z.number(),
})

const table = z.object({
  table: z.enum(['raw', 'minute', 'hour']),
  bytes,
  partitions: count,
  /** Where the oldest partition begins. */
  oldest: epochMs.nullable(),
  /** 0: for ever. */
  retentionDays: z.number(),
  nextDropAt: epochMs.nullable(),
})
export type StorageTable = z.infer<typeof table>

const rollups = z.object({
  /** How far behind now the newest minute is that was made. */
  behindMs: z.number(),
  /** Hours of devices that are to be made anew, since readings came late. */
  marks: count,
})
export type RollupLag = z.infer<typeof rollups>

export const systemOverviewAnswer = z.object({
  success,
  now: epochMs,
  version: z.string(),
  uptimeMs: z.number(),
  rates,
  spool: z.object({
    bytes,
    maxBytes: bytes,
    waitingRows: count,
    /** How long the oldest row that waits for Postgres has waited; 0 without any. */
    oldestMs: z.number(),
    /** At the pace of the last minute; null when it does not grow. */
    secondsUntilFull: z.number().nullable(),
  }),
  /** From durable to in Postgres: of the batch stored last, or of the oldest row that waits when that is more. */
  drainLagMs: z.number(),
  caches: z.record(z.string(), cacheStats),
  /** As `data.total` of `GET /api/v1/system/balance`. */
  balance,
  /** Sequence numbers of all boards that never came, or not yet. */
  missing: count,
  connections: z.object({ mqtt: count, http: count, sockets: count }),
  /** Where DATA_DIR is; null when the system does not say. */
  disk: z.object({ freeBytes: bytes, totalBytes: bytes }).nullable(),
  /** The tables of readings in Postgres; null without one, and while it is away. */
  storage: z.array(table).readonly().nullable(),
  rollups: rollups.nullable(),
  /** As `GET /health`. */
  ready: z.boolean(),
  degraded: z.array(z.string()).readonly(),
  parts: z.record(z.string(), z.looseObject({ ok: z.boolean(), message: z.string() })).readonly(),
})
export type SystemOverview = z.infer<typeof systemOverviewAnswer>

/** What the program tells of itself, beside what the facade knows. */
export type SystemFigures = Pick<
  SystemOverview,
  'rates' | 'spool' | 'drainLagMs' | 'missing' | 'disk' | 'storage' | 'rollups'
> & { readonly connections: Omit<SystemOverview['connections'], 'sockets'> }
