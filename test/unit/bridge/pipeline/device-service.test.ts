import { describe, expect, test } from '@jest/globals'
import { newDevice } from '../../../../bridge/core/device.ts'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createDeviceRegistry } from '../../../../bridge/pipeline/device-registry.ts'
import { createDeviceService } from '../../../../bridge/pipeline/device-service.ts'
import type { DeviceStore } from '../../../../bridge/ports.ts'
import { createMemoryDevices } from '../../../../bridge/stores/memory-devices.ts'
import { deviceId } from '../../../support/readings.ts'

const [a, b] = [deviceId('a'), deviceId('b')]
const T = 1_790_000_000_000
const NOTHING = { status: undefined, freeHeap: undefined, wifiRssi: undefined }

/** A service over a registry whose store a test can take away; flushed by hand. */
const setUp = ({ maxDevices = 100, away = false } = {}) => {
  const stored = createMemoryDevices()
  const state = { away, now: T }
  const here = (): DeviceStore => {
    if (state.away) throw new BridgeError('STORE_UNAVAILABLE', 'away')
    return stored
  }
  const store: DeviceStore = {
    upsert: async (devices) => here().upsert(devices),
    list: async (limit) => here().list(limit),
    get: async (id) => here().get(id),
    remove: async (ids) => here().remove(ids),
  }
  const events = createBridgeEmitter()
  const told: string[] = []
  events.on('device:commanded', ({ deviceId: id, sent }) => told.push(`${id} ${sent ? 'sent' : 'not sent'}`))
  events.on('devices:failed', () => told.push('failed'))
  const published: unknown[] = []
  const clock = (): number => state.now
  const registry = createDeviceRegistry({ store, clock, random: () => 0, events }, { maxDevices })
  const publisher = {
    publish: (topic: string, payload: string, options = {}) => published.push([topic, payload, options]),
    isHeard: () => true,
  }
  const latest = { peek: () => undefined, get: async () => [] }
  const frames = { newestStored: () => undefined }
  const service = createDeviceService({
    ...{ registry, latest, frames, publisher, events, clock },
    monotonic: clock,
  })
  return { service, registry, stored, state, told, published }
}

describe('facts', () => {
  test('make a device known, and what they do not say stays', async () => {
    const { service } = setUp()
    service.describe(a, { name: 'Cam', type: 'camera', uptimeMs: 1_000.6 })
    service.describe(a, { freeHeap: 5 })
    expect(await service.get(a)).toMatchObject({ name: 'Cam', type: 'camera', uptimeMs: 1_001, freeHeap: 5 })
  })

  test('of a device whose row is not read yet are joined with it, and stored', async () => {
    const { service, registry, stored, state } = setUp({ away: true })
    await stored.upsert([{ ...newDevice(a, T - 9), name: 'Lab', capabilities: ['buzzer'], errors: 3 }])
    service.describe(a, { type: 'camera', uptimeMs: 7 })
    state.away = false
    await registry.start()
    await registry.flush()
    await registry.stop()
    expect(await stored.get(a)).toMatchObject({
      name: 'Lab',
      type: 'camera',
      capabilities: ['buzzer'],
      uptimeMs: 7,
      errors: 3,
      lastSeen: T,
    })
  })

  test('that cannot be stored are cut or left out', async () => {
    const { service } = setUp()
    service.describe(a, {
      name: 'n'.repeat(300),
      type: '',
      ipAddress: '1'.repeat(60),
      capabilities: Array.from({ length: 70 }, () => 'c'.repeat(200)),
      uptimeMs: Number.NaN,
      freeHeap: Number.POSITIVE_INFINITY,
      wifiRssi: -60,
    })
    const device = await service.get(a)
    expect(device?.name).toHaveLength(255)
    expect(device?.ipAddress).toHaveLength(45)
    expect(device?.capabilities).toHaveLength(64)
    expect(device?.capabilities[0]).toHaveLength(100)
    expect(device).toMatchObject({ type: null, uptimeMs: 0, freeHeap: 0, wifiRssi: -60 })
  })

  test('for which there is no room are told of, not thrown', async () => {
    const { service, told } = setUp({ maxDevices: 1, away: true })
    for (const name of ['x', 'y', 'z']) service.describe(deviceId(name), {})
    expect(told).toContain('failed')
  })
})

describe('a sign of life by a poll', () => {
  test('counts for a known device, and makes none known', async () => {
    const { service, state } = setUp()
    service.describe(a, {})
    state.now = T + 5_000
    service.alive(a)
    service.alive(b)
    expect([(await service.get(a))?.lastSeen, await service.get(b)]).toEqual([T + 5_000, undefined])
  })
})

describe('counts', () => {
  test('are of the statuses shown: silence is offline', async () => {
    const { service, registry, state } = setUp()
    await registry.start()
    service.describe(a, {})
    state.now = T + 100_000
    service.describe(b, { status: 'warning' })
    const none = { online: 0, offline: 0, warning: 0, error: 0, maintenance: 0 }
    expect(await service.counts()).toEqual({ ...none, online: 1, warning: 1 })
    state.now = T + 130_000
    expect(await service.counts()).toEqual({ ...none, offline: 1, warning: 1 })
    await registry.stop()
  })

  test('are not to be had while the devices were never read', async () => {
    await expect(setUp({ away: true }).service.counts()).rejects.toThrow(BridgeError)
  })
})

describe('a command', () => {
  test('is published as it was given, and told of', async () => {
    const { service, published, told } = setUp()
    service.describe(a, {})
    expect(await service.command(a, { command: 'restart', params: { n: 1 } })).toBe(true)
    expect(published).toEqual([['devices/a/cmd', '{"command":"restart","params":{"n":1}}', { qos: 1 }]])
    expect(told).toEqual(['a sent'])
  })

  test('for a device nobody knows is not sent', async () => {
    const { service, published, told } = setUp()
    expect(await service.command(a, { command: 'restart' })).toBe(false)
    expect([published, told]).toEqual([[], ['a not sent']])
  })
})

describe('while the store is away from the start', () => {
  test('a device heard of since is known; of any other one cannot be told', async () => {
    const { service, told } = setUp({ away: true })
    service.register({ deviceId: a, name: 'n', type: 't', ipAddress: undefined, capabilities: undefined })
    expect(await service.heartbeat({ deviceId: a, uptimeMs: 5, ...NOTHING })).toMatchObject({ uptimeMs: 5 })
    expect(await service.command(a, { command: 'x' })).toBe(true)
    await expect(service.heartbeat({ deviceId: b, uptimeMs: 5, ...NOTHING })).rejects.toThrow(BridgeError)
    await expect(service.command(b, { command: 'x' })).rejects.toThrow(BridgeError)
    expect(told).toEqual(['a sent', 'b not sent'])
  })
})
