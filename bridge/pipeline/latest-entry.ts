import type { Latest } from '../core/latest.ts'
import type { DeviceId } from '../core/reading.ts'
import type { Marked } from './marked-writer.ts'
import type { Evictable } from './second-chance.ts'

/** What memory holds of one device's latest values, and what is still to be done with it. */
export interface LatestEntry extends Evictable, Marked {
  readonly deviceId: DeviceId
  latest: Latest
  /** Merged with what the store (else history) knew: nothing older has to be looked up. */
  complete: boolean
  /** Waits to be told to the listeners. */
  feedDue: boolean
  /** Epoch ms when the listeners were last told. */
  fedAt: number
}

export const newLatestEntry = (latest: Latest, complete: boolean): LatestEntry => ({
  deviceId: latest.deviceId,
  latest,
  touched: false,
  complete,
  dirty: false,
  writing: false,
  feedDue: false,
  fedAt: Number.NEGATIVE_INFINITY,
})
