import { describe, expect, test } from '@jest/globals'
import { newDevice } from '../../../../bridge/core/device.ts'
import { createDeviceCache, DEVICE_CACHE_DEFAULTS } from '../../../../bridge/pipeline/device-cache.ts'
import type { DeviceStore } from '../../../../bridge/ports.ts'
import { createMemoryDevices } from '../../../../bridge/stores/memory-devices.ts'
import { deviceId } from '../../../support/readings.ts'

const T = Date.UTC(2026, 10, 23)
const [A, B] = [deviceId('a'), deviceId('b')]

const createRig = () => {
  const inner = createMemoryDevices()
  const asked: string[] = []
  const time = { now: T }
  const state = { away: false }
  const store: DeviceStore = {
    upsert: (devices) => inner.upsert(devices),
    get: async (id) => {
      asked.push(`get ${id}`)
      if (state.away) throw new Error('away')
      return inner.get(id)
    },
    list: async (limit) => {
      asked.push(`list ${limit}`)
      return inner.list(limit)
    },
    remove: (ids) => inner.remove(ids),
  }
  const cache = createDeviceCache({ store, clock: () => time.now }, DEVICE_CACHE_DEFAULTS)
  return { inner, asked, time, state, cache }
}

describe('what the store says of devices', () => {
  test('is asked once within its time, also that there is no such device', async () => {
    const { inner, asked, cache, time } = createRig()
    await inner.upsert([newDevice(A, T)])
    for (let round = 0; round < 3; round += 1) {
      expect(await cache.reads.get(A)).toMatchObject({ id: 'a' })
      expect(await cache.reads.get(B)).toBeUndefined()
      expect(await cache.reads.list(10)).toHaveLength(1)
    }
    expect(asked).toEqual(['get a', 'get b', 'list 10'])
    expect(cache.stats()).toMatchObject({
      devices: { hits: 4, misses: 2, size: 2, max: 10_000 },
      queries: { hits: 2, misses: 1, size: 1, max: 1_000 },
    })
    time.now += DEVICE_CACHE_DEFAULTS.queries.ttlMs + 1
    await cache.reads.list(10)
    await cache.reads.get(A)
    expect(asked.slice(3)).toEqual(['list 10'])
    time.now += DEVICE_CACHE_DEFAULTS.devices.ttlMs
    await cache.reads.get(A)
    expect(asked.slice(4)).toEqual(['get a'])
  })

  test('is forgotten when it is written, and lists when devices leave memory', async () => {
    const { asked, cache } = createRig()
    expect(await cache.reads.get(A)).toBeUndefined()
    await cache.reads.list(10)
    await cache.store.upsert([newDevice(A, T)])
    expect(await cache.reads.get(A)).toMatchObject({ id: 'a' })
    cache.forgetLists()
    expect(await cache.reads.list(10)).toHaveLength(1)
    expect(asked).toEqual(['get a', 'list 10', 'get a', 'list 10'])
  })

  test('is never had from the cache by the writer', async () => {
    const { inner, asked, cache } = createRig()
    await cache.reads.get(A)
    await inner.upsert([newDevice(A, T)])
    expect(await cache.store.get(A)).toMatchObject({ id: 'a' })
    expect(asked).toEqual(['get a', 'get a'])
  })

  test('is asked again when the store was away', async () => {
    const { inner, state, cache } = createRig()
    await inner.upsert([newDevice(A, T)])
    state.away = true
    await expect(cache.reads.get(A)).rejects.toThrow('away')
    state.away = false
    expect(await cache.reads.get(A)).toMatchObject({ id: 'a' })
  })
})

test('what memory answered before counts as a hit', () => {
  const { cache } = createRig()
  cache.answered('devices')
  cache.answered('queries')
  cache.answered('queries')
  expect(cache.stats()).toMatchObject({ devices: { hits: 1, misses: 0 }, queries: { hits: 2, misses: 0 } })
})
