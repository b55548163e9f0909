/** `GET /api/v1/system/overview`, as far as the page reads it. Times are epoch ms of the server's clock. */
import type { PartHealth } from '../answers.ts'

export interface Balance {
  readonly received: number
  readonly stored: number
  readonly spooled: number
  readonly inFlight: number
  readonly deduplicated: number
  readonly deadLettered: number
  /** By reason. */
  readonly dropped: { readonly [reason: string]: number }
  /** What is left of received: 0, or readings are unaccounted for. */
  readonly remainder: number
}

export interface StorageTable {
  readonly table: 'raw' | 'minute' | 'hour'
  readonly bytes: number
  readonly partitions: number
  readonly oldest: number | null
  /** 0: for ever. */
  readonly retentionDays: number
  readonly nextDropAt: number | null
}

export interface CacheStats {
  readonly hits: number
  readonly misses: number
  readonly size: number
}

export interface SystemAnswer {
  readonly now: number
  readonly version: string
  readonly uptimeMs: number
  readonly rates: {
    readonly messagesPerSecond: number
    readonly readingsPerSecond: number
    readonly storedPerSecond: number
  }
  readonly spool: {
    readonly bytes: number
    readonly maxBytes: number
    readonly waitingRows: number
    readonly oldestMs: number
    readonly secondsUntilFull: number | null
  }
  readonly drainLagMs: number
  readonly caches: { readonly [name: string]: CacheStats }
  readonly balance: Balance
  readonly missing: number
  readonly connections: { readonly mqtt: number; readonly http: number; readonly sockets: number }
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null
  readonly storage: readonly StorageTable[] | null
  readonly rollups: { readonly behindMs: number; readonly marks: number } | null
  readonly degraded: readonly string[]
  readonly parts: { readonly [part: string]: PartHealth }
}
