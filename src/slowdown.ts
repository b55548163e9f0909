/**
 * Slows down who guesses keys, secrets and tokens, over HTTP and MQTT: the first wrong ones of a network in a minute
 * are answered at once, each further one later than the one before. Who is right waits for nothing, so guesses lock
 * out nobody who shares their address.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../bridge/index.ts'

export interface SlowdownOptions {
  /** Wrong ones of a network in a window that are answered at once. */
  readonly free: number
  readonly windowMs: number
  /** The first answer that waits does so for this long, each further one twice as long, up to `slowestMs`. */
  readonly slowMs: number
  readonly slowestMs: number
  /** Answers of a network that wait at a time; more are not slowed, since each of them holds memory. */
  readonly maxWaiting: number
  readonly maxNetworks: number
}

export const SLOWDOWN: SlowdownOptions = {
  free: 10,
  windowMs: 60_000,
  slowMs: 50,
  slowestMs: 2_000,
  maxWaiting: 100,
  maxNetworks: 10_000,
}

export interface SlowdownDeps {
  readonly clock: Clock
  /** `signal`: aborted when nobody waits for the answer any more; then it settles, be it with an error. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<unknown>
}

export interface Slowdown {
  /** Counts one that was wrong. Resolves when its answer is due; undefined: at once. */
  wrong(network: string, signal?: AbortSignal): Promise<void> | undefined
  stats(): SlowdownStats
}

/** Wrong ones since the start, by how they were answered. */
export interface SlowdownStats {
  readonly atOnce: number
  readonly late: number
  /** At once, since as many waited as may. */
  readonly unslowed: number
}

interface Window {
  /** Epoch ms. */
  startedAt: number
  wrong: number
  waiting: number
}

export const createSlowdown = (
  { clock, wait }: SlowdownDeps,
  { free, windowMs, slowMs, slowestMs, maxWaiting, maxNetworks }: SlowdownOptions = SLOWDOWN,
): Slowdown => {
  const windows = new LRUCache<string, Window>({ max: maxNetworks })
  const counts = { atOnce: 0, late: 0, unslowed: 0 }

  const windowOf = (network: string): Window => {
    const now = clock()
    const window = windows.get(network) ?? { startedAt: now, wrong: 0, waiting: 0 }
    // A clock that was set back ends the window as well. Those that wait go on waiting in the new one.
    if (now < window.startedAt || now - window.startedAt >= windowMs)
      Object.assign(window, { startedAt: now, wrong: 0 })
    windows.set(network, window)
    return window
  }

  const delay = async (window: Window, ms: number, signal: AbortSignal | undefined): Promise<void> => {
    window.waiting += 1
    try {
      await wait(ms, signal)
    } catch (error) {
      if (!signal?.aborted) throw error
    } finally {
      window.waiting -= 1
    }
  }

  return {
    wrong: (network, signal) => {
      const window = windowOf(network)
      window.wrong += 1
      const beyond = window.wrong - free
      const answer = beyond <= 0 ? 'atOnce' : window.waiting < maxWaiting ? 'late' : 'unslowed'
      counts[answer] += 1
      if (answer !== 'late') return undefined
      return delay(window, Math.min(slowestMs, slowMs * 2 ** (beyond - 1)), signal)
    },
    stats: () => ({ ...counts }),
  }
}
