/** A device that is removed on one node of several, and its latest values. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createDeviceRegistry } from '../../../../bridge/pipeline/device-registry.ts'
import { createLatestValues } from '../../../../bridge/pipeline/latest-values.ts'
import type { DeviceStore } from '../../../../bridge/ports.ts'
import type { NodeBus } from '../../../../bridge/services.ts'
import { createMemoryDevices } from '../../../../bridge/stores/memory-devices.ts'
import { createMemoryLatest } from '../../../../bridge/stores/memory-latest.ts'
import { deviceId, readingOf } from '../../../support/readings.ts'

const T = 1_790_000_000_000
const [a, b] = [deviceId('a'), deviceId('b')]
beforeEach(() => {
  jest.useFakeTimers({ now: T })
})
afterEach(() => {
  jest.useRealTimers()
})

/** Nodes that hear each other at once. */
const createBuses = () => {
  const listeners: {
    readonly node: number
    readonly kind: string
    readonly listener: (body: string) => void
  }[] = []
  return (node: number): NodeBus => ({
    isHeard: () => true,
    tell: (kind, body) => {
      for (const each of listeners) if (each.node !== node && each.kind === kind) each.listener(body)
    },
    listen: (kind, listener) => {
      listeners.push({ node, kind, listener })
      return () => undefined
    },
  })
}

const createNode = (store: DeviceStore, bus: NodeBus) => {
  const events = createBridgeEmitter()
  const removed: string[] = []
  events.on('device:removed', ({ deviceId: id }) => removed.push(id))
  return { removed, registry: createDeviceRegistry({ store, clock: Date.now, random: () => 0, events, bus }) }
}

test('a device that one node removes is known to none of them, and is not written back', async () => {
  const store = createMemoryDevices()
  const bus = createBuses()
  const [one, other] = [createNode(store, bus(1)), createNode(store, bus(2))]
  await one.registry.start()
  await other.registry.start()
  other.registry.seen(a, T)
  other.registry.seen(b, T)
  await jest.advanceTimersByTimeAsync(200)
  expect(one.registry.has(a)).toBe(true)
  other.registry.seen(a, T + 60_000)

  expect(await one.registry.remove(a)).toBe(true)
  expect([one.registry.has(a), other.registry.has(a)]).toEqual([false, false])
  expect([one.removed, other.removed]).toEqual([['a'], ['a']])
  await one.registry.stop()
  await other.registry.stop()
  expect((await store.list(10)).map(({ id }) => id)).toEqual(['b'])
})

test('with a device its latest values go, here and in the store, and are not told any more', async () => {
  const events = createBridgeEmitter()
  const store = createMemoryLatest()
  const latest = createLatestValues({ store, clock: Date.now, random: () => 0, events })
  const told: string[] = []
  latest.onLatest(({ deviceId: id }) => told.push(id))
  await latest.start()
  latest.update([readingOf('a', T, { temperature: 1 }), readingOf('b', T, { temperature: 1 })])
  await jest.advanceTimersByTimeAsync(500)
  latest.update([readingOf('a', T + 1, { temperature: 2 })])
  told.splice(0)
  events.emit('device:removed', { deviceId: a })
  await jest.advanceTimersByTimeAsync(500)
  expect(told).toEqual([])
  expect((await store.get([a, b])).map(({ deviceId: id }) => id)).toEqual(['b'])
  expect((await latest.get([a, b])).map(({ deviceId: id }) => id)).toEqual(['b'])
  await latest.stop()
})
