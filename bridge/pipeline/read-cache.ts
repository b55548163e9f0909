/**
 * A cache of answers that are costly to make again: bounded, each entry for a limited time, and one load of a
 * key at a time however many ask for it. What was invalidated while it was being loaded is not kept.
 */
import { LRUCache } from 'lru-cache'
import type { Clock, Lifecycle } from '../ports.ts'

export interface ReadCacheOptions {
  /** For metrics. */
  readonly name: string
  /** Entries; over that the one longest unused goes. */
  readonly max: number
  readonly ttlMs: number
  /** How often expired entries are removed though nobody asks for them. */
  readonly sweepMs?: number
  readonly clock?: Clock
}

export interface ReadCacheStats {
  readonly hits: number
  readonly misses: number
  readonly size: number
  readonly max: number
}

export interface ReadCache<V extends {}> extends Lifecycle {
  readonly name: string
  get(key: string): V | undefined
  set(key: string, value: V): void
  /** Forgets a key; a load of it that is under way is not kept either. */
  delete(key: string): void
  clear(): void
  /** The cached value, else what `load` gives, then cached. A load that fails is not remembered. */
  wrap(key: string, load: () => Promise<V>): Promise<V>
  stats(): ReadCacheStats
}

/** An empty cache. Without `start` it works as well, and expired entries stay until they are asked for. */
export const createReadCache = <V extends {}>(options: ReadCacheOptions): ReadCache<V> => {
  const { name, max, ttlMs, sweepMs = 30_000, clock = Date.now } = options
  const cache = new LRUCache<string, V>({ max, ttl: ttlMs, ttlResolution: 0, perf: { now: clock } })
  const loads = new Map<string, Promise<V>>()
  let hits = 0
  let misses = 0
  let timer: NodeJS.Timeout | undefined

  const get = (key: string): V | undefined => {
    const value = cache.get(key)
    if (value === undefined) misses += 1
    else hits += 1
    return value
  }

  const load = async (key: string, loader: () => Promise<V>): Promise<V> => {
    const loading = Promise.resolve().then(loader)
    loads.set(key, loading)
    try {
      const value = await loading
      if (loads.get(key) === loading) cache.set(key, value)
      return value
    } finally {
      if (loads.get(key) === loading) loads.delete(key)
    }
  }

  return {
    name,
    get,
    set: (key, value) => {
      loads.delete(key)
      cache.set(key, value)
    },
    delete: (key) => {
      loads.delete(key)
      cache.delete(key)
    },
    clear: () => {
      loads.clear()
      cache.clear()
    },
    wrap: async (key, loader) => get(key) ?? loads.get(key) ?? load(key, loader),
    stats: () => ({ hits, misses, size: cache.size, max }),
    start: async () => {
      timer ??= setInterval(() => cache.purgeStale(), sweepMs).unref()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
    },
  }
}
