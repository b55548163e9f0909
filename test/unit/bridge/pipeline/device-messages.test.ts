import { describe, expect, test } from '@jest/globals'
import { parseTopic } from '../../../../bridge/core/topic.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createDeviceClients } from '../../../../bridge/pipeline/device-clients.ts'
import { createDeviceMessages } from '../../../../bridge/pipeline/device-messages.ts'
import { createDeviceRegistry } from '../../../../bridge/pipeline/device-registry.ts'
import type { Ingest } from '../../../../bridge/pipeline/ingest.ts'
import { createMemoryDevices } from '../../../../bridge/stores/memory-devices.ts'
import { deviceId } from '../../../support/readings.ts'

const T = Date.UTC(2026, 10, 23)
const A = deviceId('a')

const createRig = ({ maxDevices = 100 } = {}) => {
  const events = createBridgeEmitter()
  const registry = createDeviceRegistry(
    { store: createMemoryDevices(), clock: () => T, events },
    { maxDevices },
  )
  const clients = createDeviceClients({
    connected: (id) => registry.connected(id, T),
    disconnected: (id) => registry.disconnected(id, T),
  })
  const rejected: string[] = []
  const ingest: Ingest = {
    readings: () => {
      throw new Error('no reading')
    },
    reject: (letter, { reason }, done) => {
      rejected.push(`${letter.deviceId} ${letter.clientId} ${letter.topic} ${reason}`)
      done()
    },
    body: () => Promise.reject(new Error('no body')),
    stop: () => {},
  }
  const elsewhere: string[] = []
  const messages = createDeviceMessages({
    registry,
    buzzer: {
      take: ({ topic }, { channel }, done) => {
        elsewhere.push(`${channel} ${topic}`)
        done()
      },
    },
    frames: {
      receive: ({ topic }, _deviceId, done) => {
        elsewhere.push(`frame ${topic}`)
        done()
      },
    },
    clients,
    events,
    clock: () => T,
    ingest: () => ingest,
  })
  const send = (topic: string, payload: unknown): string => {
    const parsed = parseTopic(topic)
    if (parsed === undefined) throw new Error(`${topic} is none of ours`)
    let answer = 'held'
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
    messages.take({ topic, payload: bytes, qos: 1, retain: false }, 'client', parsed, (error) => {
      answer = error === undefined ? 'acked' : error.message
    })
    return answer
  }
  return { events, registry, messages, rejected, elsewhere, send }
}

describe('a message of a board', () => {
  test('registers it, tells its numbers and its status', async () => {
    const { registry, send } = createRig()
    await registry.start()
    expect(send('devices/a/register', { name: 'Porch', type: 'climate-sensor' })).toBe('acked')
    expect(send('devices/a/heartbeat', { uptime: 5, freeHeap: 6, wifiRssi: -70 })).toBe('acked')
    expect(await registry.get(A)).toMatchObject({ name: 'Porch', uptimeMs: 5, freeHeap: 6, wifiRssi: -70 })
    expect(send('devices/a/status', 'offline')).toBe('acked')
    expect(await registry.get(A)).toMatchObject({ reportedStatus: 'offline' })
    expect(send('devices/a/status', { status: 'online', at: T })).toBe('acked')
    expect(await registry.get(A)).toMatchObject({ reportedStatus: 'online' })
    await registry.stop()
  })

  test('that is empty clears a retained one and says nothing', async () => {
    const { registry, rejected, send } = createRig()
    await registry.start()
    expect(send('devices/a/status', '')).toBe('acked')
    expect(await registry.list(10)).toEqual([])
    expect(rejected).toEqual([])
    await registry.stop()
  })

  test('that cannot be read is a dead letter', () => {
    const { rejected, send } = createRig()
    expect(send('devices/a/register', '{')).toBe('acked')
    send('devices/a/heartbeat', { deviceId: 'b' })
    send('devices/a/status', 'x'.repeat(70_000))
    send('devices//status', 'online')
    expect(rejected).toEqual([
      'a client devices/a/register bad-json',
      'a client devices/a/heartbeat wrong-device-id',
      'a client devices/a/status too-large',
      'null client devices//status bad-device-id',
    ])
  })

  test('on its other topics is a sign of life; a command is none', async () => {
    const { registry, send } = createRig()
    await registry.start()
    expect(send('buzzer/b/cmd', 'ON')).toBe('acked')
    expect(await registry.list(10)).toEqual([])
    expect(send('buzzer/a/ack', '')).toBe('acked')
    expect(await registry.list(10)).toMatchObject([{ id: 'a' }])
    await registry.stop()
  })

  test('of the buzzer and of cameras goes where it belongs, and one without a good id is a dead letter', () => {
    const { rejected, elsewhere, send } = createRig()
    send('buzzer/a/cmd', 'ON')
    send('buzzer/a/ack', '')
    send('cameras/a/frame', 'jpeg')
    send('cameras//frame', 'jpeg')
    send('buzzer//cmd', 'ON')
    expect(elsewhere).toEqual([
      'buzzer-cmd buzzer/a/cmd',
      'buzzer-ack buzzer/a/ack',
      'frame cameras/a/frame',
      'frame cameras//frame',
    ])
    expect(rejected).toEqual(['null client buzzer//cmd bad-device-id'])
  })

  test('for which the registry has no room while it cannot be written is acked and reported', () => {
    const { events, send } = createRig({ maxDevices: 1 })
    let failed = 0
    events.on('devices:failed', () => {
      failed += 1
    })
    for (const id of ['a', 'b', 'c']) {
      expect(send(`devices/${id}/register`, { name: id, type: 't' })).toBe('acked')
    }
    expect(failed).toBe(1)
  })
})
