/**
 * Notices a connection that is dead though nobody has closed it, and a subscription that has gone silent: the broker
 * forgot it, or its rights were taken away. For the first a PINGREQ is sent and any byte awaited; for the second a
 * message of our own, on a topic we subscribe to. With QoS 0, which no broker's bounds of what is queued
 * or in flight can hold up.
 *
 * It decides and sends nothing itself. While we are the ones that are slow (reading is paused, or messages are held
 * because the spool takes nothing) silence is no sign of anything, and nothing is judged.
 */
import type { StallKind } from './external-events.ts'
import type { ExternalBrokerOptions } from './options.ts'

export type WatchdogOptions = Pick<
  ExternalBrokerOptions,
  'pingEveryMs' | 'pingTimeoutMs' | 'probeEveryMs' | 'probeTimeoutMs'
>

export type WatchdogStep =
  | { readonly do: 'ping' }
  | { readonly do: 'probe'; readonly token: string }
  | { readonly do: 'reconnect'; readonly what: StallKind; readonly afterMs: number }

export interface Watchdog {
  /** The broker wants to hear of us this often, in seconds; 0: however seldom. It goes before the interval asked for. */
  keepAlive(seconds: number): void
  /** Bytes came. */
  heard(): void
  /** A message came; `token` is the payload of one on the probe's topic. */
  message(token?: string): void
  /** What is to be done now, if anything. `waitsForUs`: the broker has reason to be silent. */
  look(now: number, waitsForUs: boolean): WatchdogStep | undefined
}

/** Half of each second: one PINGREQ may be late. */
const SHARE_OF_KEEP_ALIVE_MS = 500

/** What is being waited for. */
interface Sign {
  sentAt: number
  came: boolean
}

/**
 * A watchdog of one connection.
 *
 * @param now - milliseconds that never jump
 * @param probes - false where the broker does not let us subscribe to the probe's topic
 */
export const createWatchdog = (
  options: WatchdogOptions,
  now: number,
  { probes, token }: { readonly probes: () => boolean; readonly token: () => string },
): Watchdog => {
  const ping: Sign = { sentAt: now, came: true }
  const probe: Sign = { sentAt: now, came: true }
  let expected: string | undefined
  let pingEveryMs = options.pingEveryMs

  const late = (sign: Sign, at: number, timeoutMs: number): number | undefined => {
    const waited = at - sign.sentAt
    return !sign.came && waited >= timeoutMs ? waited : undefined
  }

  const send = (sign: Sign, at: number): void => {
    sign.sentAt = at
    sign.came = false
  }

  return {
    keepAlive: (seconds) => {
      if (seconds > 0) pingEveryMs = Math.min(options.pingEveryMs, seconds * SHARE_OF_KEEP_ALIVE_MS)
    },
    heard: () => {
      ping.came = true
    },
    message: (payload) => {
      // Any message proves that subscriptions live; a backlog may keep the probe waiting behind it.
      if (payload === undefined || payload === expected) probe.came = true
    },
    look: (at, waitsForUs) => {
      if (waitsForUs) {
        // The broker still has to hear of us.
        ping.came = true
        probe.came = true
        probe.sentAt = at
      }
      const silent = late(ping, at, options.pingTimeoutMs)
      if (silent !== undefined) return { do: 'reconnect', what: 'connection', afterMs: silent }
      const unheard = probes() ? late(probe, at, options.probeTimeoutMs) : undefined
      if (unheard !== undefined) return { do: 'reconnect', what: 'subscription', afterMs: unheard }
      if (ping.came && at - ping.sentAt >= pingEveryMs) {
        send(ping, at)
        return { do: 'ping' }
      }
      if (probe.came && probes() && at - probe.sentAt >= options.probeEveryMs) {
        send(probe, at)
        expected = token()
        return { do: 'probe', token: expected }
      }
      return undefined
    },
  }
}
