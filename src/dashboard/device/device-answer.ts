/** What the server answers about one device and its history, as far as this view reads it. Times are epoch ms. */
import type { Device } from '../answers.ts'

export interface BuzzerAnswer {
  readonly id: number
  /** `lapsed`: not done in time. */
  readonly status: 'pending' | 'completed' | 'cancelled' | 'lapsed'
  readonly requestedAt: number
  /** When a board that polls was shown it; null before, and for a board on MQTT. */
  readonly deliveredAt: number | null
  readonly completedAt: number | null
  readonly expiresAt: number
}

export interface DeadLetter {
  readonly id: number
  readonly receivedAt: number
  readonly topic: string
  readonly reason: string
  readonly detail: string
}

export interface DeviceDetail extends Device {
  readonly firstSeen: number
  readonly ipAddress: string | null
  readonly capabilities: readonly string[]
  readonly received: number
  readonly deduplicated: number
  readonly deadLettered: number
  /** 0 to 1; null when the board sends no sequence numbers. */
  readonly lossRatio: number | null
  readonly missing: number | null
  /** Null: see `unavailable`. */
  readonly deadLetters: readonly DeadLetter[] | null
  readonly buzzer: BuzzerAnswer | null
  readonly frame: { readonly url: string; readonly at: number } | null
  readonly unavailable: { readonly deadLetters?: string; readonly buzzer?: string }
}

/** `GET /api/v1/devices/{id}` */
export interface DeviceAnswer {
  readonly now: number
  readonly device: DeviceDetail
}

interface SeriesHead {
  readonly metric: string
  /** Neighbours farther apart than this have a gap between them. */
  readonly gapMs: number
  readonly t: readonly number[]
}

export interface BucketSeries extends SeriesHead {
  readonly bucketMs: number
  readonly count: readonly number[]
  readonly min: readonly (number | null)[]
  readonly max: readonly (number | null)[]
  readonly avg: readonly (number | null)[]
  readonly last: readonly (number | null)[]
}

export interface RowSeries extends SeriesHead {
  readonly bucketMs: null
  readonly value: readonly number[]
}

export type HistorySeries = BucketSeries | RowSeries

/** `GET /api/v1/history` */
export interface HistoryAnswer {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly note?: string
  readonly series: readonly HistorySeries[]
}
