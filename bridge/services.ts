/**
 * What the bridge offers to the outside besides MQTT: the facade (HTTP, WebSocket) is written against
 * these, never against a store.
 */

import type { CheckedBalance, DeviceBalance } from './core/balance.ts'
import type { BuzzerRequest } from './core/buzzer.ts'
import type { Device, ReportedStatus } from './core/device.ts'
import type { HeartbeatBody, RegisterBody } from './core/device-body.ts'
import type { StoredFrame } from './core/frame.ts'
import type { FrameDemands } from './core/frame-rules.ts'
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
  /** Tells the latest values of devices that changed, at most 4 times a second each. Returns its own end. */
  onLatest(listener: (latest: Latest) => void): () => void
}

/** What a board says of itself beside what it sends (headers of a frame). Absent: stays as it is known. */
export interface DeviceFacts {
  readonly name?: string | undefined
  readonly type?: string | undefined
  readonly ipAddress?: string | undefined
  readonly capabilities?: readonly string[] | undefined
  readonly status?: ReportedStatus | undefined
  readonly uptimeMs?: number | undefined
  readonly freeHeap?: number | undefined
  readonly wifiRssi?: number | undefined
}

/** One device with what is newest of it. */
export interface DeviceSummary {
  readonly device: Device
  readonly latest: Latest | undefined
  /** Of the pictures on disk. */
  readonly frame: StoredFrame | undefined
}

export interface DeviceOverview {
  /** Newest `lastSeen` first. */
  readonly devices: readonly DeviceSummary[]
  /** Devices in memory, which is all of them up to 100,000. */
  readonly total: number
}

/** How many devices are shown with each status. */
export type DeviceCounts = Readonly<Record<ReportedStatus, number>>

export interface DeviceService {
  /** Newest `lastSeen` first. Throws STORE_UNAVAILABLE when the registry was never loaded. */
  list(limit: number): Promise<readonly Device[]>
  get(deviceId: DeviceId): Promise<Device | undefined>
  /** Of the devices in memory, which are those heard of last (100,000 at most). Throws as `list`. */
  counts(): Promise<DeviceCounts>
  /**
   * The devices with their latest values, at most `limit`, out of memory: what is not there yet may lack for a moment
   * after a start. Throws as `list`.
   */
  overview(limit: number): Promise<DeviceOverview>
  /** The same of one device; undefined when nobody knows it. Throws STORE_UNAVAILABLE when that cannot be told. */
  summary(deviceId: DeviceId): Promise<DeviceSummary | undefined>
  /** Registers a device, or registers it anew; raises `device:registered`. Throws STORE_UNAVAILABLE when there is no room. */
  register(registration: RegisterBody): Device
  /** What a known device reports of itself; undefined when nobody knows it. Throws STORE_UNAVAILABLE. */
  heartbeat(heartbeat: HeartbeatBody): Promise<Device | undefined>
  /**
   * Forgets a device: its row in the registry, its latest values, what is retained of it. Its readings stay, and what is
   * heard of it makes it known anew. False: nobody knew it. Throws STORE_UNAVAILABLE.
   */
  remove(deviceId: DeviceId): Promise<boolean>
  /** A sign of life of a device known already; nothing for one that is not. For polls: no await, no allocation. */
  alive(deviceId: DeviceId): void
  /** A sign of life that makes the device known, and what came with it. Never throws. */
  describe(deviceId: DeviceId, facts: DeviceFacts): void
  /** Publishes `{"command":…}` and what else was sent on `devices/{id}/cmd`, and raises `device:commanded`; false: nobody knows the device. */
  command(deviceId: DeviceId, command: { readonly command: string } & Fields): Promise<boolean>
}

type Fields = { readonly [field: string]: unknown }

// --- Buzzer ---------------------------------------------------------------------------------------

export interface BuzzerService {
  /**
   * Asks a device to beep. One request at most is pending per device: a later one joins it, and is answered with
   * it. Told to the board over MQTT at once, to a polling board at its next poll. Raises `buzzer:requested`.
   * Throws STORE_UNAVAILABLE when no id is to be had.
   */
  request(deviceId: DeviceId, options?: { readonly durationMs?: number | undefined }): Promise<BuzzerRequest>
  /** Takes back what is pending; undefined when nothing was. */
  cancel(deviceId: DeviceId): Promise<BuzzerRequest | undefined>
  /**
   * What a poll is shown: the id of the pending request, or undefined. Counts as its delivery. Synchronous, from
   * memory: it is asked seven times a second by every board.
   */
  poll(deviceId: DeviceId): number | undefined
  /** The request is done; done twice is done once (one `buzzer:completed`). Undefined: no such request (`of` this device). */
  complete(requestId: number, of?: DeviceId): Promise<BuzzerRequest | undefined>
  /** The newest request of a device, whatever its status; undefined when it never had one. */
  newest(deviceId: DeviceId): Promise<BuzzerRequest | undefined>
  /** When a request was given to the open MQTT connection of its board (epoch ms); undefined when that is not known. */
  handedOverAt(requestId: number): number | undefined
}

// --- Frames ---------------------------------------------------------------------------------------

export type FrameTaken =
  | { readonly ok: true; readonly frame: StoredFrame }
  /** Not a JPEG, or too small or large. */
  | { readonly ok: false; readonly rejection: Rejection }

export interface FrameService {
  /**
   * Checks and stores a picture. Resolves when the file can be read, after `frame:stored` was raised.
   * Throws STORE_UNAVAILABLE when the disk takes no more, BUSY when too many pictures wait for it, STOPPING.
   */
  take(deviceId: DeviceId, jpeg: Uint8Array, demands?: FrameDemands): Promise<FrameTaken>
  /** The newest picture of a camera, from memory. */
  newest(deviceId: DeviceId): { readonly frame: StoredFrame; readonly jpeg: Uint8Array } | undefined
  /** The newest picture of a camera that is on disk. */
  newestStored(deviceId: DeviceId): StoredFrame | undefined
  /** The camera whose picture is the newest of all. */
  newestCamera(): DeviceId | undefined
  /** Tells every stored picture of one camera, with its bytes. Returns its own end. */
  onFrame(deviceId: DeviceId, listener: (jpeg: Uint8Array, frame: StoredFrame) => void): () => void
  /** The pictures on disk, newest first; of one camera, or not older than `sinceMs` (epoch). */
  list(filter?: { readonly deviceId?: DeviceId; readonly sinceMs?: number }): Promise<readonly StoredFrame[]>
  /** Absolute path of the folder that holds the files. */
  readonly folder: string
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

// --- Balance --------------------------------------------------------------------------------------

export interface BalanceService {
  /**
   * Everything this spool ever received, and where it is; counted across restarts and crashes. While Postgres could
   * not be asked since the start, what it has is as of the last time it was.
   */
  total(): CheckedBalance
  /** Since this start: the devices that most was received of, at most `limit`. */
  devices(limit: number): readonly DeviceBalance[]
  /** Since this start; undefined when nothing came of it. */
  device(deviceId: DeviceId): DeviceBalance | undefined
}

// --- Nodes ----------------------------------------------------------------------------------------

/** The other nodes of a cluster: what one tells, those hear that listen. Lost while Redis is away. */
export interface NodeBus {
  tell(kind: string, body: string): void
  /** False when surely no other node listens: what is worth nothing unheard need not be made. */
  isHeard(kind: string): boolean
  /** Calls back with what other nodes tell; the answer ends it. */
  listen(kind: string, listener: (body: string) => void): () => void
}
