/** `GET /api/v1/system/status`, `GET /api/v1/system/performance` */
import { z } from 'zod'
import { epochMs } from './answers.ts'

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
    /** `hitRate`: 0 to 1; null before the first question. */
    caches: z.record(z.string(), z.object({ hits: count, misses: count, size: count, hitRate: share })),
    /** Of the answers of the last one to two minutes, in milliseconds; null when there were none. */
    responseTimes: z.object({ count, p50: share, p99: share, max: share }),
  }),
})
export type Performance = z.infer<typeof performanceAnswer>['performance']
