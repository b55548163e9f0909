import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type Device, newDevice } from '../../../../bridge/core/device.ts'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import type { DeviceId } from '../../../../bridge/core/reading.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import {
  createDeviceRegistry,
  type DeviceRegistryOptions,
} from '../../../../bridge/pipeline/device-registry.ts'
import type { DeviceStore } from '../../../../bridge/ports.ts'
import { deviceId } from '../../../support/readings.ts'

const T = 1_790_000_000_000

beforeEach(() => {
  jest.useFakeTimers({ now: T })
})
afterEach(() => {
  jest.useRealTimers()
})

interface TestStore extends DeviceStore {
  away: boolean
  /** A device it refuses. */
  refused: DeviceId | undefined
  readonly rows: Map<DeviceId, Device>
  readonly writes: (readonly Device[])[]
}

const createStore = (...devices: readonly Device[]): TestStore => {
  const rows = new Map(devices.map((device) => [device.id, device]))
  const check = (): void => {
    if (store.away) throw new BridgeError('STORE_UNAVAILABLE', 'away')
  }
  const store: TestStore = {
    away: false,
    refused: undefined,
    rows,
    writes: [],
    upsert: async (changed) => {
      check()
      if (changed.some(({ id }) => id === store.refused)) throw new BridgeError('ROW_REFUSED', 'refused')
      store.writes.push(changed)
      for (const device of changed) rows.set(device.id, device)
    },
    list: async (limit) => {
      check()
      return [...rows.values()].sort((x, y) => y.lastSeen - x.lastSeen).slice(0, limit)
    },
    get: async (id) => {
      check()
      return rows.get(id)
    },
    remove: async (ids) => {
      check()
      for (const id of ids) rows.delete(id)
    },
  }
  return store
}

const setUp = (store: TestStore = createStore(), options: DeviceRegistryOptions = {}) => {
  const events = createBridgeEmitter()
  const told: string[] = []
  events.on('device:status', ({ deviceId: id, status }) => told.push(`${id} ${status}`))
  events.on('device:removed', ({ deviceId: id }) => told.push(`${id} removed`))
  events.on('device:created', ({ deviceId: id }) => told.push(`${id} created`))
  events.on('devices:failed', () => told.push('failed'))
  events.on('bridge:error', ({ where }) => told.push(`error: ${where}`))
  const registry = createDeviceRegistry({ store, clock: Date.now, random: () => 0, events }, options)
  return { registry, store, told }
}

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms)
const [a, b] = [deviceId('a'), deviceId('b')]
const storedDevice = (id: DeviceId, fields: Partial<Device> = {}): Device => ({
  ...newDevice(id, T - 10_000),
  ...fields,
})

describe('a device that is removed', () => {
  test('is neither listed nor stored, and is new when it is heard of again', async () => {
    const { registry, store, told } = setUp(createStore(newDevice(a, T - 5_000), newDevice(b, T - 5_000)))
    await registry.start()
    registry.seen(a, T)
    expect(await registry.remove(a)).toBe(true)
    await registry.flush()
    expect([...store.rows.keys()]).toEqual([b])
    expect((await registry.list(10)).map(({ id }) => id)).toEqual([b])
    expect(told).toContain('a removed')
    registry.seen(a, T + 1)
    expect(told.at(-1)).toBe('a online')
    await registry.stop()
    expect([...store.rows.keys()]).toEqual([b, a])
  })

  test('and that nobody knew is told as such', async () => {
    const { registry } = setUp()
    await registry.start()
    expect(await registry.remove(a)).toBe(false)
    await registry.stop()
  })

  test('stays while the store is away', async () => {
    const { registry, store } = setUp(createStore(newDevice(a, T)))
    await registry.start()
    store.away = true
    await expect(registry.remove(a)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(registry.has(a)).toBe(true)
    store.away = false
    await registry.stop()
  })
})

describe('a device', () => {
  test('is known from its first sign of life, and in the store within the batch interval', async () => {
    const { registry, store, told } = setUp()
    await registry.start()
    registry.seen(a, T, { hasReadings: true })
    expect(await registry.get(a)).toEqual({ ...newDevice(a, T), hasReadings: true })
    expect(told).toEqual(['a created', 'a online'])
    await pass(100)
    expect(store.rows.get(a)).toEqual({ ...newDevice(a, T), hasReadings: true })
    expect(await registry.get(b)).toBeUndefined()
  })

  test('many devices and many changes are one write', async () => {
    const { registry, store } = setUp()
    await registry.start()
    for (let n = 0; n < 500; n += 1) {
      registry.seen(deviceId(`board-${n}`), T)
      registry.seen(deviceId(`board-${n}`), T + 1, { hasReadings: true })
    }
    await pass(100)
    expect(store.writes.map((devices) => devices.length)).toEqual([500])
  })

  test('of which only the last sign of life changed is written at most every five seconds', async () => {
    const { registry, store } = setUp()
    await registry.start()
    for (let ms = 0; ms < 20_000; ms += 100) {
      registry.seen(a, T + ms)
      await pass(100)
    }
    expect(store.writes.length).toBeGreaterThanOrEqual(4)
    expect(store.writes.length).toBeLessThanOrEqual(5)
    expect((await registry.get(a))?.lastSeen).toBe(T + 19_900)
    await registry.stop()
    expect(store.rows.get(a)?.lastSeen).toBe(T + 19_900)
    expect(jest.getTimerCount()).toBe(0)
  })

  test('the last sign of life never moves backwards', async () => {
    const { registry } = setUp()
    await registry.start()
    registry.seen(a, T + 5)
    registry.seen(a, T)
    expect((await registry.get(a))?.lastSeen).toBe(T + 5)
  })

  test('what is handed out does not change afterwards', async () => {
    const { registry } = setUp()
    await registry.start()
    registry.seen(a, T)
    const [device, [listed]] = [await registry.get(a), await registry.list(10)]
    registry.seen(a, T + 1)
    expect([device?.lastSeen, listed?.lastSeen]).toEqual([T, T])
  })
})

describe('what a device says of itself', () => {
  const registration = {
    deviceId: a,
    name: 'Lab',
    type: 'DHT11',
    ipAddress: '10.0.0.7',
    capabilities: ['buzzer'],
  }

  test('a registration gives name, type, address and capabilities, and readings do not overwrite them', async () => {
    const { registry, store } = setUp()
    await registry.start()
    expect(registry.register(registration)).toMatchObject({
      name: 'Lab',
      type: 'DHT11',
      ipAddress: '10.0.0.7',
      capabilities: ['buzzer'],
      reportedStatus: 'online',
    })
    registry.seen(a, T + 1, { hasReadings: true })
    await pass(100)
    expect(store.rows.get(a)).toMatchObject({ name: 'Lab', type: 'DHT11', hasReadings: true })
  })

  test('a registration without an address keeps the known one, and starts the numbers anew', async () => {
    const { registry } = setUp(
      createStore(storedDevice(a, { ipAddress: '10.0.0.9', uptimeMs: 5, errors: 3 })),
    )
    await registry.start()
    const { ipAddress: _, capabilities: __, ...bare } = registration
    expect(registry.register(bare)).toMatchObject({
      ipAddress: '10.0.0.9',
      capabilities: [],
      uptimeMs: 0,
      errors: 3,
      createdAt: T - 10_000,
    })
  })

  test('a heartbeat keeps the numbers that it does not bring', async () => {
    const { registry } = setUp()
    await registry.start()
    registry.heartbeat({ deviceId: a, uptimeMs: 1_000.6, freeHeap: 20_000, wifiRssi: -60 })
    expect(registry.heartbeat({ deviceId: a, uptimeMs: 2_000, freeHeap: null })).toMatchObject({
      uptimeMs: 2_000,
      freeHeap: 20_000,
      wifiRssi: -60,
    })
    expect(registry.heartbeat({ deviceId: a, status: 'warning' })).toMatchObject({
      reportedStatus: 'warning',
      uptimeMs: 2_000,
    })
  })

  test('one that says it goes offline is shown so until it is heard of again', async () => {
    const { registry, told } = setUp()
    await registry.start()
    registry.seen(a, T)
    await pass(10)
    registry.heartbeat({ deviceId: a, status: 'offline' })
    registry.heartbeat({ deviceId: a, status: 'offline' })
    // A reading received before, durable after.
    registry.seen(a, T + 5)
    expect(told).toEqual(['a created', 'a online', 'a offline'])
    registry.seen(a, T + 20)
    expect(told.slice(3)).toEqual(['a online'])
    expect((await registry.get(a))?.reportedStatus).toBe('online')
  })
})

describe('the status shown', () => {
  test('follows the MQTT connection, and is told once per change', async () => {
    const { registry, told } = setUp()
    await registry.start()
    registry.connected(a, T)
    registry.connected(a, T + 1)
    registry.disconnected(a, T + 10)
    registry.disconnected(a, T + 11)
    expect(told).toEqual(['a created', 'a online', 'a offline'])
    registry.connected(a, T + 20)
    expect(told.slice(3)).toEqual(['a online'])
    expect(await registry.get(a)).toMatchObject({
      connection: 'connected',
      connectionAt: T + 20,
      lastSeen: T + 20,
    })
  })

  test('is online again when a disconnected device is heard of by another way', async () => {
    const { registry, told } = setUp()
    await registry.start()
    registry.connected(a, T)
    registry.disconnected(a, T + 10)
    registry.seen(a, T + 9)
    expect(told.at(-1)).toBe('a offline')
    registry.seen(a, T + 11)
    expect(told.at(-1)).toBe('a online')
    expect((await registry.get(a))?.connection).toBe('disconnected')
  })

  test('goes offline with silence, connected or not, told once, and back with the next sign of life', async () => {
    const { registry, store, told } = setUp(undefined, { silentAfterMs: 30_000 })
    await registry.start()
    registry.connected(a, T)
    registry.seen(b, T)
    told.length = 0
    await pass(30_000)
    expect(told).toEqual([])
    await pass(5_000)
    expect(told).toEqual(['a offline', 'b offline'])
    await pass(60_000)
    expect(told).toHaveLength(2)
    expect(store.rows.get(a)).toMatchObject({ connection: 'connected', lastSeen: T })
    registry.seen(a, Date.now())
    expect(told.slice(2)).toEqual(['a online'])
  })

  test('a disconnect of a device never heard of is nothing', async () => {
    const { registry } = setUp()
    await registry.start()
    registry.disconnected(a, T)
    expect(await registry.list(10)).toEqual([])
  })
})

describe('after a restart', () => {
  test('devices are known again, and nothing is told that was told before', async () => {
    const { registry, told } = setUp(
      createStore(
        storedDevice(a, { name: 'Lab', connection: 'connected', connectionAt: T - 10_000 }),
        storedDevice(b, { connection: 'disconnected', connectionAt: T - 9_000, updatedAt: T - 9_000 }),
        storedDevice(deviceId('c'), { lastSeen: T - 900_000, updatedAt: T - 700_000 }),
      ),
    )
    await registry.start()
    await pass(3_000)
    expect(told).toEqual([])
    // A connection does not outlive the process that held it; the device is not offline for that.
    expect(await registry.get(a)).toMatchObject({ name: 'Lab', connection: 'disconnected' })
    registry.connected(a, T + 3_000)
    expect(told).toEqual([])
  })

  test('a device that fell silent meanwhile is told offline', async () => {
    const { registry, told } = setUp(
      createStore(storedDevice(a, { lastSeen: T - 900_000, updatedAt: T - 900_000 })),
    )
    await registry.start()
    await pass(1_000)
    expect(told).toEqual(['a offline'])
  })
})

describe('while the store is away', () => {
  test('changes are kept, it is told once, and all are written when it is back', async () => {
    const { registry, store, told } = setUp()
    await registry.start()
    store.away = true
    for (let n = 0; n < 20; n += 1) {
      registry.seen(deviceId(`board-${n}`), Date.now())
      await pass(200)
    }
    expect(told.filter((one) => one === 'failed')).toHaveLength(1)
    expect(registry.stats().unsaved).toBe(20)
    expect(await registry.list(100)).toHaveLength(20)
    store.away = false
    await pass(10_000)
    expect(store.rows.size).toBe(20)
    expect(registry.stats().unsaved).toBe(0)
  })

  test('from the start on, what is seen and said is merged with what is read later, and nothing known is lost', async () => {
    const store = createStore(
      storedDevice(a, {
        name: 'Lab',
        type: 'DHT11',
        ipAddress: '10.0.0.7',
        freeHeap: 7,
        errors: 2,
        createdAt: 5,
      }),
      storedDevice(b, { name: 'Old', ipAddress: '10.0.0.8', uptimeMs: 9 }),
      storedDevice(deviceId('quiet'), { name: 'Quiet' }),
    )
    store.away = true
    const { registry, told } = setUp(store)
    await registry.start()
    registry.seen(a, T + 1, { hasReadings: true })
    registry.heartbeat({ deviceId: a, uptimeMs: 77 })
    registry.register({ deviceId: b, name: 'New', type: 'camera' })
    registry.connected(deviceId('fresh'), T + 2)
    await expect(registry.list(10)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(registry.get(a)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(told).toEqual(['failed', 'a online', 'b online', 'fresh online'])
    store.away = false
    await pass(1_000)
    expect(store.rows.get(a)).toMatchObject({
      name: 'Lab',
      type: 'DHT11',
      ipAddress: '10.0.0.7',
      hasReadings: true,
      uptimeMs: 77,
      freeHeap: 7,
      errors: 2,
      createdAt: 5,
      lastSeen: T + 1,
    })
    expect(store.rows.get(b)).toMatchObject({
      name: 'New',
      type: 'camera',
      ipAddress: '10.0.0.8',
      uptimeMs: 0,
    })
    expect(store.rows.get(deviceId('fresh'))).toMatchObject({ connection: 'connected' })
    expect((await registry.list(10)).map(({ name }) => name)).toEqual(['fresh', 'Lab', 'New', 'Quiet'])
    expect(told.slice(4)).toEqual(['fresh created'])
  })

  test('the registry is bounded: past twice its bound new devices wait for a later sign of life', async () => {
    const { registry, store } = setUp(undefined, { maxDevices: 10 })
    await registry.start()
    store.away = true
    registry.seen(a, T)
    await pass(200)
    for (let n = 0; n < 100; n += 1) registry.seen(deviceId(`board-${n}`), T)
    expect(registry.stats().devices).toBe(20)
    expect(() => registry.register({ deviceId: b, name: 'b', type: 'b' })).toThrow(/full/)
    store.away = false
    await pass(10_000)
    registry.seen(b, Date.now())
    await pass(200)
    expect(store.rows.get(b)?.id).toBe(b)
  })
})

describe('more devices than memory holds', () => {
  test('one that was forgotten comes back with what the store knows of it', async () => {
    const { registry, store } = setUp(undefined, { maxDevices: 10 })
    await registry.start()
    registry.register({ deviceId: a, name: 'Lab', type: 'DHT11' })
    for (let n = 0; n < 30; n += 1) {
      registry.seen(deviceId(`board-${n}`), Date.now())
      await pass(200)
    }
    expect(registry.stats().devices).toBeLessThanOrEqual(10)
    expect(await registry.get(a)).toMatchObject({ name: 'Lab' })
    expect(await registry.list(100)).toHaveLength(31)
    registry.seen(a, Date.now(), { hasReadings: true })
    await pass(200)
    expect(store.rows.get(a)).toMatchObject({ name: 'Lab', hasReadings: true, createdAt: T })
    expect(await registry.get(a)).toMatchObject({ name: 'Lab', hasReadings: true })
  })
})

test('the list is newest first and no longer than asked for', async () => {
  const { registry } = setUp()
  await registry.start()
  for (let n = 0; n < 1_000; n += 1) registry.seen(deviceId(`board-${n}`), T + ((n * 7919) % 1_000))
  const seen = (await registry.list(100)).map(({ lastSeen }) => lastSeen - T)
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => 999 - n))
})

test('one device that the store refuses does not keep the others from being written', async () => {
  const { registry, store, told } = setUp()
  await registry.start()
  store.refused = deviceId('board-7')
  for (let n = 0; n < 20; n += 1) registry.seen(deviceId(`board-${n}`), T)
  await pass(100)
  expect(store.rows.size).toBe(19)
  expect(told.filter((one) => one.startsWith('error'))).toEqual(['error: storing a device'])
  expect(registry.stats().unsaved).toBe(0)
})
