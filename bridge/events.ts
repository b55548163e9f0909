import { EventEmitter } from 'node:events'
import type { BuzzerRequest } from './core/buzzer.ts'
import type { Device } from './core/device.ts'
import type { DropReason } from './core/drop-reason.ts'
import type { BridgeError } from './core/errors.ts'
import type { StoredFrame } from './core/frame.ts'
import type { DeviceId } from './core/reading.ts'
import type { RejectionReason } from './core/rejection.ts'

export type { DropReason }

/** Why a picture was not kept. */
export type FrameRefusal =
  | 'not-a-jpeg'
  | 'too-small'
  | 'too-large'
  | 'bad-device-id'
  | 'disk' // it takes no more
  | 'busy' // too many wait for the disk
  | 'stopping'

/**
 * What can be observed of the bridge. Nothing here is per message: groups, batches and rejections are.
 * Logs and metrics subscribe in src/; the bridge itself logs nothing.
 */
export interface BridgeEvents {
  /** A group is durable: its rows, bytes and the milliseconds its write and fsync took. */
  'spool:committed': [{ rows: number; bytes: number; fsyncMs: number }]
  /** A write of the spool failed; it is tried again after `retryInMs`, acks are held until then. */
  'spool:failed': [{ error: unknown; retryInMs: number }]
  /** The spool reached its bound, or is below it again. */
  'spool:full': [{ full: boolean; bytes: number }]
  /** Damage found and left behind while opening or reading the spool. */
  'spool:damaged': [{ lostRows: number; detail: string }]
  /**
   * A batch is in Postgres: readings and dead letters stored, milliseconds, rows still waiting; `lagMs` after its
   * oldest row was durable.
   */
  'drain:stored': [
    { readings: number; deadLetters: number; bytes: number; ms: number; lagMs: number; waiting: number },
  ]
  /** A batch could not be stored; tried again after `retryInMs`. */
  'drain:failed': [{ error: unknown; retryInMs: number }]
  /** The drain works again after failures. */
  'drain:recovered': [{ outageMs: number }]
  /** One row was refused by Postgres and is a dead letter now. */
  'drain:refused': [{ detail: string }]
  /** Readings taken in, counted once a group is durable. */
  'readings:taken': [{ count: number }]
  /** Readings that were known already (same device, boot and seq) and not stored again. */
  'readings:deduplicated': [{ count: number }]
  /** A message was refused and dead-lettered. */
  'message:rejected': [{ reason: RejectionReason; detail: string; topic: string; deviceId: DeviceId | null }]
  /** Something that came in was not kept. */
  'message:dropped': [{ reason: DropReason; count: number }]
  /** A message with an ack was refused because the spool is full; its sender keeps it. */
  'message:held': [{ count: number }]
  /** Latest values could not be written to Redis, or can be again. */
  'latest:store': [{ available: boolean; error?: unknown }]
  /** Device rows could not be written; they are kept in memory and tried again. */
  'devices:failed': [{ error: unknown }]
  /** A device was seen for the first time. */
  'device:created': [{ deviceId: DeviceId }]
  /** The one status shown of a device changed. */
  'device:status': [{ deviceId: DeviceId; status: 'online' | 'offline'; at: number }]
  /** A device registered, for the first time or anew. */
  'device:registered': [{ device: Device }]
  /** A device was removed from the registry, here or on another node. */
  'device:removed': [{ deviceId: DeviceId }]
  /** A command for a device was published, or could not be: nobody knows the device, or no store could tell. */
  'device:commanded': [{ deviceId: DeviceId; sent: boolean }]
  /** A device is asked to beep: a request that is new, not one that joined another. */
  'buzzer:requested': [{ request: BuzzerRequest }]
  /** A device has beeped; once per request. */
  'buzzer:completed': [{ request: BuzzerRequest }]
  /** Buzzer history could not be read or written; it is kept in memory and tried again. */
  'buzzer:failed': [{ error: unknown }]
  /** Given up: history for want of room in an outage or time in a stop, a command without an ack for want of an id. */
  'buzzer:dropped': [{ count: number }]
  /** A picture is on disk and can be read. */
  'frame:stored': [{ frame: StoredFrame }]
  /** A picture was not kept: not a JPEG, or the disk takes no more. */
  'frame:refused': [{ deviceId: DeviceId | null; reason: FrameRefusal }]
  /** Pictures were removed before their time, for want of room. */
  'frames:evicted': [{ count: number }]
  /** The frames folder could not be written, read or cleaned. */
  'frames:failed': [{ error: unknown }]
  /** Something that cannot happen did; the process goes on. */
  'bridge:error': [{ error: BridgeError | Error; where: string }]
}

export type BridgeEmitter = EventEmitter<BridgeEvents>

/** A new emitter. An event without listeners is not an error. */
export const createBridgeEmitter = (): BridgeEmitter => new EventEmitter<BridgeEvents>()
