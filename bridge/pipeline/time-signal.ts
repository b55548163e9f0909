/**
 * `time/now`: the server's time for boards without a clock. Retained, so that a board that has just subscribed
 * need not wait for the next; plain epoch milliseconds, so that it needs no JSON to read them.
 *
 * A stop takes the retained time away, since a board that connects later would be told a time long past. After
 * a crash it stays with the broker until the first `start`, whose publish replaces it.
 */
import type { Clock, Publisher } from '../ports.ts'

export interface TimeSignalDeps {
  readonly publisher: Publisher
  readonly clock: Clock
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
  /** The server's clock was put forward by `ms` (back when negative). */
  readonly onJump?: ((ms: number) => void) | undefined
}

export interface TimeSignal {
  /** Publishes at once, then every `intervalMs`. */
  start(): void
  stop(): void
}

export const TIME_TOPIC = 'time/now'

/** `jumpMs`: slower corrections of the server's clock, as NTP makes them day by day, wait for their turn. */
export const TIME_SIGNAL_DEFAULTS = { intervalMs: 10_000, lookMs: 1_000, jumpMs: 250 } as const

export type TimeSignalOptions = { readonly [name in keyof typeof TIME_SIGNAL_DEFAULTS]: number }

/** The signal; nothing is published before `start`. */
export const createTimeSignal = (
  { publisher, clock, monotonic, onJump }: TimeSignalDeps,
  { intervalMs, lookMs, jumpMs }: TimeSignalOptions = TIME_SIGNAL_DEFAULTS,
): TimeSignal => {
  let timer: NodeJS.Timeout | undefined
  let publishedAt = 0
  /** The clock less monotonic time when last looked. */
  let offset = 0

  const publish = (): void => {
    publishedAt = monotonic()
    publisher.publish(TIME_TOPIC, String(Math.round(clock())), { retain: true })
  }

  const look = (): void => {
    const now = monotonic()
    const jumped = clock() - now - offset
    offset += jumped
    const jump = Math.abs(jumped) >= jumpMs
    if (jump) onJump?.(Math.round(jumped))
    // A timer may be early by a little of its own interval.
    if (jump || now - publishedAt >= intervalMs - lookMs / 2) publish()
  }

  return {
    start: () => {
      if (timer !== undefined) return
      offset = clock() - monotonic()
      publish()
      timer = setInterval(look, lookMs)
      timer.unref()
    },
    stop: () => {
      if (timer === undefined) return
      clearInterval(timer)
      timer = undefined
      publisher.publish(TIME_TOPIC, '', { retain: true })
    },
  }
}
