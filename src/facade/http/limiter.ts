/** Counts what each key does in a minute of its own, which begins with its first request. */
import { LRUCache } from 'lru-cache'

export interface Taken {
  readonly exceeded: boolean
  /** What is left until the window ends. */
  readonly remaining: number
  /** Whole seconds until the window ends, at least 1. */
  readonly resetS: number
}

export interface LimiterOptions {
  /** Of each key in a window. */
  readonly max: number
  readonly windowMs: number
  /** The key unused for longest makes room: that forgives and never punishes. */
  readonly maxKeys: number
}

interface Window {
  /** Epoch ms. */
  startedAt: number
  count: number
}

export interface Limiter {
  /** Counts one request. Nothing is awaited: it stands on the way of every ingest. */
  readonly take: (key: string) => Taken
  /** Counts requests that another node has taken. */
  readonly add: (key: string, count: number) => void
}

/** Counts nothing yet. */
export const createLimiter = (clock: () => number, { max, windowMs, maxKeys }: LimiterOptions): Limiter => {
  const windows = new LRUCache<string, Window>({ max: maxKeys })

  const windowOf = (key: string, now: number): Window => {
    const known = windows.get(key)
    if (known === undefined) {
      const begun = { startedAt: now, count: 0 }
      windows.set(key, begun)
      return begun
    }
    // A clock that was set back ends the window as well.
    if (now - known.startedAt >= windowMs || now < known.startedAt) {
      known.startedAt = now
      known.count = 0
    }
    return known
  }

  return {
    take: (key) => {
      const now = clock()
      const window = windowOf(key, now)
      window.count++
      return {
        exceeded: window.count > max,
        remaining: Math.max(0, max - window.count),
        resetS: Math.max(1, Math.ceil((window.startedAt + windowMs - now) / 1_000)),
      }
    },
    add: (key, count) => {
      windowOf(key, clock()).count += count
    },
  }
}
