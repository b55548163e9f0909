/** `GET /api/v1/system/status`, `GET /api/v1/system/performance`, `GET /api/v1/system/balance` */
import { z } from 'zod'
import { DROP_REASONS } from '../../../bridge/index.ts'
import { epochMs } from './answers.ts'
import { parseLimit } from './limit.ts'

const success = z.literal(true)
const count = z.number().int()
const bytes = z.number().int()

export const systemStatusAnswer = z.object({
  success,
  status: z.object({
    /** Online or warning, of the 100 devices that are listed. */
    devicesOnline: count,
    /** 100 at most, as the list. */
    devicesTotal: count,
    /** Whole seconds. */
    systemUptime: count,
    /** The database answers, or none is used. */
    backendConnected: z.boolean(),
    lastBackendSync: epochMs,
    /** Since the start: buzzer requests and device commands, and those of them that reached nobody. */
    totalCommandsSent: count,
    totalCommandsFailed: count,
    /** 0 to 1: the load of the last minute a core. */
    systemLoad: z.number(),
    devicesKnown: count,
  }),
})

const share = z.number().nullable()

/** `hitRate`: 0 to 1; null before the first question. */
export const cacheStats = z.object({ hits: count, misses: count, size: count, hitRate: share })

export const performanceAnswer = z.object({
  success,
  performance: z.object({
    /** Whole seconds. */
    uptime: count,
    /** Such as `86 MB`. */
    memory: z.object({ rss: z.string(), heapUsed: z.string(), heapTotal: z.string(), external: z.string() }),
    devices: z.object({ total: count, online: count, offline: count }),
    websocketConnections: count,
    nodeVersion: z.string(),
    platform: z.string(),
    mqttConnections: count,
    spool: z.object({ bytes, maxBytes: bytes, waitingRows: count }),
    /** Before the spool, in memory. */
    queues: z.object({ pendingBytes: bytes }),
    caches: z.record(z.string(), cacheStats),
    /** Of the answers of the last one to two minutes, in milliseconds; null when there were none. */
    responseTimes: z.object({ count, p50: share, p99: share, max: share }),
  }),
})
export type Performance = z.infer<typeof performanceAnswer>['performance']

export const balanceQuery = z.object({
  /** Empty: as if it were absent. The first of several. */
  deviceId: z
    .unknown()
    .optional()
    .transform((given) => {
      const first: unknown = Array.isArray(given) ? given[0] : given
      return typeof first === 'string' && first !== '' ? first : undefined
    }),
  limit: z.unknown().optional().transform(parseLimit),
})

/** `received` is the sum of the others; `remainder` is what it is not, 0 when all is well. */
export const balance = z.object({
  received: count,
  stored: count,
  spooled: count,
  inFlight: count,
  deduplicated: count,
  deadLettered: count,
  /** Every reason, also those of which there are none. */
  dropped: z.record(z.enum(DROP_REASONS), count),
  remainder: count,
})
export type BalanceSheet = z.infer<typeof balance>

export const balanceAnswer = z.object({
  success,
  data: z.object({
    /** Since the spool was made. */
    total: balance,
    /** Since the start. */
    devices: z.array(
      balance.extend({
        deviceId: z.string(),
        /** Of the boot heard of last; null for a device that sends no boot and seq. */
        sequence: z
          .object({
            boot: z.string(),
            /** Null: the first is missing. */
            contiguous: count.nullable(),
            highest: count,
            missing: count,
            /** `[from, to]`, lowest first; the first few. */
            gaps: z.array(z.array(count)).readonly(),
          })
          .nullable(),
        /** What is known of the board's clock; null for one that says no time. */
        clock: z
          .object({
            boot: z.string().nullable(),
            /** Epoch ms. */
            bootedAt: z.number().nullable(),
            /** Positive: the board gains. Null until it was watched for an hour. */
            driftPpm: z.number().nullable(),
            samples: count,
            /** How far its own clock is ahead of the server's; null when it sends no time. */
            aheadMs: z.number().nullable(),
          })
          .nullable(),
      }),
    ),
  }),
})
export type DeviceSheet = z.infer<typeof balanceAnswer>['data']['devices'][number]
