import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type Device, newDevice } from '../../../../bridge/core/device.ts'
import { DOCTOR_ID } from '../../../../bridge/core/doctor.ts'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import type { Latest } from '../../../../bridge/core/latest.ts'
import type { DeviceId } from '../../../../bridge/core/reading.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createHomeAssistant, type HomeAssistantOptions } from '../../../../bridge/pipeline/home-assistant.ts'
import { retractAll } from '../../../../bridge/pipeline/home-assistant-off.ts'
import type { NodeBus } from '../../../../bridge/services.ts'
import { createMemoryAnnounced } from '../../../../bridge/stores/memory-announced.ts'
import { deviceId } from '../../../support/readings.ts'

const T = 1_790_000_000_000
beforeEach(() => {
  jest.useFakeTimers({ now: T })
})
afterEach(() => {
  jest.useRealTimers()
})
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms)
const topicOf = (id: string, prefix = 'homeassistant'): string => `${prefix}/device/sluice_${id}/config`

interface Given {
  readonly announced?: ReturnType<typeof createMemoryAnnounced>
  readonly hasRegistry?: boolean
  readonly bus?: NodeBus
  readonly options?: Partial<HomeAssistantOptions>
}

/** Home Assistant's side of a bridge that knows these devices. */
const setUp = (ids: readonly string[] = [], given: Given = {}) => {
  const { announced = createMemoryAnnounced(), hasRegistry = true, bus, options } = given
  const devices = new Map<DeviceId, Device>()
  const latest = new Map<DeviceId, Latest>()
  const published: (readonly [topic: string, components: readonly string[] | null])[] = []
  const events = createBridgeEmitter()
  const state = { away: false, tell: (_: Latest): void => undefined }
  for (const id of ids) devices.set(deviceId(id), newDevice(deviceId(id), T))
  const here = (): void => {
    if (state.away) throw new BridgeError('STORE_UNAVAILABLE', 'away')
  }
  const part = createHomeAssistant(
    {
      publisher: {
        publish: (topic, payload) =>
          published.push([topic, payload === '' ? null : Object.keys(JSON.parse(payload).cmps)]),
        isHeard: () => true,
      },
      devices: {
        list: async () => {
          here()
          return [...devices.values()]
        },
        get: async (id) => devices.get(id),
      },
      readings: {
        latest: async (asked) => asked.flatMap((id) => latest.get(id) ?? []),
        onLatest: (listener) => {
          state.tell = listener
          return () => undefined
        },
      },
      ...{ announced, events, bus, hasRegistry, clock: Date.now },
    },
    { prefix: 'homeassistant', version: '1', ...options },
  )
  const send = (id: string, values: Latest['values'], custom: Latest['custom'] = null): void => {
    if (!devices.has(deviceId(id))) devices.set(deviceId(id), newDevice(deviceId(id), T))
    const merged = { ...latest.get(deviceId(id))?.values, ...values }
    const one = { deviceId: deviceId(id), ts: T, receivedAt: T, values: merged, custom }
    latest.set(deviceId(id), one)
    state.tell(one)
  }
  const heard = (topic: string, payload: string): void =>
    part.heard({ topic, payload: Buffer.from(payload), qos: 0, retain: false })
  return { part, devices, events, published, announced, state, send, heard, take: () => published.splice(0) }
}

describe('announcing to Home Assistant', () => {
  test('every device of the registry at the start, so many a turn, and none twice', async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `b${index}`)
    const { part, take } = setUp(ids)
    await part.start()
    await pass(250)
    expect(take()).toHaveLength(50)
    await pass(10_000)
    expect(take().map(([topic]) => topic)).toEqual(ids.slice(50).map((id) => topicOf(id)))
    await part.stop()
  })

  test('a device that is new, once, and again only with something new, all of it together', async () => {
    const { part, send, take } = setUp()
    await part.start()
    send('a', { temperature: 1 }, { battery: 3 })
    await pass(300)
    expect(take()).toEqual([[topicOf('a'), ['metric_temperature', 'key_battery', 'buzzer']]])
    send('a', { temperature: 2 })
    await pass(300)
    expect(take()).toEqual([])
    send('a', { humidity: 2 })
    await pass(300)
    expect(take()).toEqual([
      [topicOf('a'), ['metric_temperature', 'metric_humidity', 'key_battery', 'buzzer']],
    ])
    await part.stop()
  })

  test('a device that has another name, and not one that registers the same again', async () => {
    const { part, devices, events, take } = setUp(['a'])
    await part.start()
    await pass(300)
    take()
    const device = newDevice(deviceId('a'), T)
    events.emit('device:registered', { device })
    await pass(300)
    expect(take()).toEqual([])
    devices.set(device.id, { ...device, name: 'Porch' })
    events.emit('device:registered', { device })
    await pass(300)
    expect(take()).toEqual([[topicOf('a'), ['buzzer']]])
    await part.stop()
  })

  test('all of them anew when Home Assistant has started, at most every 5 s', async () => {
    const { part, heard, take } = setUp(['a', 'b'])
    await part.start()
    await pass(300)
    take()
    heard('homeassistant/status', 'offline')
    heard('elsewhere/status', 'online')
    await pass(10_000)
    expect(take()).toEqual([])
    for (let time = 0; time < 4; time++) heard('homeassistant/status', 'online')
    await pass(300)
    heard('homeassistant/status', 'online')
    await pass(1_000)
    expect(take()).toHaveLength(2)
    await pass(5_000)
    expect(take()).toHaveLength(2)
    await part.stop()
  })

  test('waits for a registry that is away', async () => {
    const { part, state, take } = setUp(['a'])
    state.away = true
    await part.start()
    await pass(4_000)
    expect(take()).toEqual([])
    state.away = false
    await pass(6_000)
    expect(take()).toHaveLength(1)
    await part.stop()
  })

  test('leaves out the device of the doctor', async () => {
    const { part, send, take } = setUp([DOCTOR_ID])
    await part.start()
    send(DOCTOR_ID, {}, { n: 1 })
    await pass(1_000)
    expect(take()).toEqual([])
    await part.stop()
  })
})

describe('what was announced', () => {
  test('is taken back when its device is removed', async () => {
    const { part, events, announced, take } = setUp(['a', 'b'])
    await part.start()
    await pass(300)
    take()
    events.emit('device:removed', { deviceId: deviceId('a') })
    expect(take()).toEqual([[topicOf('a'), null]])
    await part.stop()
    expect((await announced.load()).map(({ topic }) => topic)).toEqual([topicOf('b')])
  })

  test('is taken back at the next start when its device went meanwhile; what it had else is not forgotten', async () => {
    const before = setUp(['gone', 'stays'])
    await before.part.start()
    before.send('stays', { temperature: 1 }, { battery: 3 })
    await pass(300)
    await before.part.stop()
    const { part, take } = setUp(['stays'], { announced: before.announced })
    await part.start()
    await pass(300)
    expect(take()).toEqual([
      [topicOf('gone'), null],
      [topicOf('stays'), ['metric_temperature', 'key_battery', 'buzzer']],
    ])
    await part.stop()
  })

  test.each([
    ['an empty registry, which is rather another database', [], true],
    ['a registry that begins anew at each start', ['other'], false],
  ] as const)('stays with %s', async (_, ids, hasRegistry) => {
    const before = setUp(['a'])
    await before.part.start()
    await pass(300)
    await before.part.stop()
    const { part, take } = setUp(ids, { announced: before.announced, hasRegistry })
    await part.start()
    await pass(300)
    expect(take().filter(([, components]) => components === null)).toEqual([])
    await part.stop()
  })

  test('under another prefix is taken back', async () => {
    const before = setUp(['a'])
    await before.part.start()
    await pass(300)
    await before.part.stop()
    const { part, take } = setUp(['a'], { announced: before.announced, options: { prefix: 'other' } })
    await part.start()
    await pass(300)
    expect(take()).toEqual([
      [topicOf('a'), null],
      [topicOf('a', 'other'), ['buzzer']],
    ])
    await part.stop()
  })

  test('is taken back as a whole when nothing is to be announced any more, once', async () => {
    const { part, announced } = setUp(['a', 'b'])
    await part.start()
    await pass(300)
    await part.stop()
    const taken: string[] = []
    const publisher = { publish: (topic: string) => void taken.push(topic), isHeard: () => true }
    await retractAll({ publisher, announced })
    await retractAll({ publisher, announced })
    expect(taken).toEqual([topicOf('a'), topicOf('b')])
  })
})

test('nodes that know different things of a device end with the same message', async () => {
  const listeners = new Map<object, (body: string) => void>()
  const busOf = (node: object): NodeBus => ({
    tell: (_kind, body) => {
      for (const [other, listener] of listeners) if (other !== node) listener(body)
    },
    isHeard: () => true,
    listen: (_kind, listener) => {
      listeners.set(node, listener)
      return () => listeners.delete(node)
    },
  })
  const [one, other] = [setUp([], { bus: busOf({}) }), setUp([], { bus: busOf({}) })]
  await one.part.start()
  await other.part.start()
  one.send('a', { temperature: 1 }, { battery: 3 })
  await pass(300)
  other.send('a', { humidity: 1 })
  await pass(2_000)
  const last = [...one.take(), ...other.take()].filter(([, components]) => components?.length === 4)
  expect(last.length).toBeGreaterThan(0)
  expect(last[0]?.[1]).toEqual(['metric_temperature', 'metric_humidity', 'key_battery', 'buzzer'])
  await one.part.stop()
  await other.part.stop()
})
