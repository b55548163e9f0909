/**
 * What the bridge offers to the outside besides MQTT: the facade (HTTP, WebSocket) is written against
 * these, never against a store.
 */
import type { Device } from './core/device.ts'
import type { Latest } from './core/latest.ts'
import type { DeviceId, Reading } from './core/reading.ts'
import type { Rejection } from './core/rejection.ts'

export type Ingested =
  /** Durable. `id` is the spool offset of the first reading: unique, increasing, a safe integer. */
  | { readonly ok: true; readonly id: number; readonly readings: readonly Reading[] }
  /** Refused; nothing was stored (a REST client learns it by its 400, so there is no dead letter). */
  | { readonly ok: false; readonly rejection: Rejection }

export interface ReadingService {
  /**
   * Takes in a decoded JSON body (an object or an array of objects) of one device. Resolves when durable.
   * Throws SPOOL_FULL or STOPPING (answer 503 with Retry-After).
   */
  ingest(deviceId: DeviceId, body: unknown): Promise<Ingested>
  /**
   * The newest readings of a device by time of receipt, newest first; at most `limit` (≤ 500).
   * Throws STORE_UNAVAILABLE when they are neither in memory nor to be had from Postgres.
   */
  recent(deviceId: DeviceId, limit: number): Promise<readonly Reading[]>
  /** The latest values of the devices that have any: memory, else Redis, else Postgres. */
  latest(deviceIds: readonly DeviceId[]): Promise<readonly Latest[]>
}

export interface DeviceService {
  /** Newest `lastSeen` first. Throws STORE_UNAVAILABLE when the registry was never loaded. */
  list(limit: number): Promise<readonly Device[]>
  get(deviceId: DeviceId): Promise<Device | undefined>
}

/** The state of one part, for `GET /health`. */
export interface PartHealth {
  readonly ok: boolean
  /** One line for the operator: what is wrong and what to do, or what is connected. */
  readonly message: string
  readonly [detail: string]: string | number | boolean | null
}

export interface HealthReport {
  /** The process runs and its event loop turns. */
  readonly live: boolean
  /** It takes messages in: broker listening, spool open and not full. */
  readonly ready: boolean
  /** Names of the parts that are not ok, e.g. `["database"]`. Degraded is not dead: acks go on. */
  readonly degraded: readonly string[]
  readonly parts: { readonly [part: string]: PartHealth }
}
