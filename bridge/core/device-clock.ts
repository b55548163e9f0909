/** What is known of the clocks of one device, for whoever looks after its boards. */
import { type BootClock, MIN_WATCH_MS } from './boot-clock.ts'
import type { OwnClock } from './own-clock.ts'
import { offsetOn } from './uptime-map.ts'

export interface DeviceClock {
  /** The boot heard of last; null when the device sends no `boot` with `up`. */
  readonly boot: string | null
  /** Epoch ms by the server's clock. */
  readonly bootedAt: number | null
  /** How fast the board counts, in millionths; positive: it gains. Null until it was watched for an hour. */
  readonly driftPpm: number | null
  /** Readings of this boot that had an uptime. */
  readonly samples: number
  /** How far the clock in its `ts` is ahead of the server's, smoothed, ms; null when it sends no believable `ts`. */
  readonly aheadMs: number | null
}

/** The clocks of a device as they are told. */
export const deviceClock = (
  boot: { readonly name: string; readonly clock: BootClock } | undefined,
  own: OwnClock | undefined,
): DeviceClock => {
  const aheadMs = own === undefined ? null : Math.round(own.aheadMs)
  if (boot === undefined) return { boot: null, bootedAt: null, driftPpm: null, samples: 0, aheadMs }
  const { clock, name } = boot
  const driftPpm = clock.watchedMs < MIN_WATCH_MS ? null : Math.round(clock.drift * -1e7) / 10 + 0
  const bootedAt = Math.round(offsetOn(clock.line, 0))
  return { boot: name, bootedAt, driftPpm, samples: clock.samples, aheadMs }
}
