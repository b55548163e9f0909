/** One request to a device's buzzer, whatever way it came. */
import type { DeviceId } from './reading.ts'

export type BuzzerStatus =
  | 'pending' // asked for, and not done yet
  | 'completed' // the board said that it has beeped
  | 'cancelled' // taken back before it was done
  | 'lapsed' // not done in time: shown to the board and never completed, or never asked for by it

export interface BuzzerRequest {
  /** From a sequence: unique, increasing. */
  readonly id: number
  readonly deviceId: DeviceId
  readonly status: BuzzerStatus
  readonly durationMs: number
  /** Epoch ms. */
  readonly requestedAt: number
  /** Epoch ms; a request that no poll was shown by then lapses. */
  readonly expiresAt: number
  /** Epoch ms of its first delivery; null before. */
  readonly deliveredAt: number | null
  /** Epoch ms, server clock; null until completed. */
  readonly buzzedAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
}
