/**
 * What the store was asked about devices that memory has no room for, remembered for a while: single devices
 * (also that there is none of an id), and lists.
 *
 * Only questions from outside are answered from here. The writer joins a device with its row before it writes
 * it, and an old row would turn back what another process wrote: it asks the store itself.
 */
import type { Device } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import type { Clock, DeviceStore, Lifecycle } from '../ports.ts'
import { createReadCache, type ReadCacheStats } from './read-cache.ts'

export interface DeviceCacheOptions {
  readonly devices: { readonly max: number; readonly ttlMs: number }
  readonly queries: { readonly max: number; readonly ttlMs: number }
  readonly sweepMs: number
}

export const DEVICE_CACHE_DEFAULTS: DeviceCacheOptions = {
  devices: { max: 10_000, ttlMs: 300_000 },
  queries: { max: 1_000, ttlMs: 60_000 },
  sweepMs: 30_000,
}

export interface DeviceCache extends Lifecycle {
  /** For questions from outside. Both throw what the store throws; that is not remembered. */
  readonly reads: Pick<DeviceStore, 'get' | 'list'>
  /** For the writer: always the store itself; what it writes is forgotten here. */
  readonly store: DeviceStore
  /** Another node wrote these rows. */
  forget(devices: readonly Device[]): void
  /** Devices left memory: a list that was made without them is no longer whole. */
  forgetLists(): void
  /** Counts a question that memory answered before it came to the cache. */
  answered(cache: 'devices' | 'queries'): void
  /** Hits count what memory answered as well. */
  stats(): { readonly devices: ReadCacheStats; readonly queries: ReadCacheStats }
}

/** There may be no such device: that is remembered too. */
interface Row {
  readonly device: Device | undefined
}

/** An empty cache in front of this store. */
export const createDeviceCache = (
  { store, clock }: { readonly store: DeviceStore; readonly clock: Clock },
  { devices, queries, sweepMs }: DeviceCacheOptions = DEVICE_CACHE_DEFAULTS,
): DeviceCache => {
  const rows = createReadCache<Row>({ name: 'devices', ...devices, sweepMs, clock })
  const lists = createReadCache<readonly Device[]>({ name: 'queries', ...queries, sweepMs, clock })
  const fromMemory = { devices: 0, queries: 0 }

  const upsert = async (changed: readonly Device[]): Promise<void> => {
    try {
      await store.upsert(changed)
    } finally {
      // Afterwards, whatever became of it: a row read while it was written may be the old one.
      for (const { id } of changed) rows.delete(id)
    }
  }

  return {
    reads: {
      get: async (id: DeviceId) =>
        (await rows.wrap(id, async () => ({ device: await store.get(id) }))).device,
      list: (limit) => lists.wrap(String(limit), () => store.list(limit)),
    },
    store: {
      upsert,
      get: (id) => store.get(id),
      list: (limit) => store.list(limit),
      remove: async (ids) => {
        try {
          await store.remove(ids)
        } finally {
          for (const id of ids) rows.delete(id)
          lists.clear()
        }
      },
    },
    forget: (devices) => {
      for (const { id } of devices) rows.delete(id)
    },
    forgetLists: lists.clear,
    answered: (cache) => {
      fromMemory[cache] += 1
    },
    stats: () => {
      const [ofRows, ofLists] = [rows.stats(), lists.stats()]
      return {
        devices: { ...ofRows, hits: ofRows.hits + fromMemory.devices },
        queries: { ...ofLists, hits: ofLists.hits + fromMemory.queries },
      }
    },
    start: async () => {
      await rows.start()
      await lists.start()
    },
    stop: async () => {
      await rows.stop()
      await lists.stop()
    },
  }
}
