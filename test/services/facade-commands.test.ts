import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { newDevice } from '../../bridge/core/device.ts'
import { createMemoryDevices } from '../../bridge/stores/memory-devices.ts'
import { type BridgedFacade, startBridgedFacade } from '../support/bridged-facade.ts'
import { exchange, postJson } from '../support/http-exchange.ts'
import { deviceId } from '../support/readings.ts'

let running: BridgedFacade
const post = (path: string, body: unknown) => postJson(`${running.url}/api/v1/devices/${path}`, body)

beforeEach(async () => {
  running = await startBridgedFacade()
})
afterEach(() => running.stop())

const LAB = {
  deviceId: 'esp32-multi-sensor-1',
  deviceName: 'Lab Sensor Unit',
  deviceType: 'DHT11-LDR-HCSR04',
}

describe('POST /api/v1/devices/:deviceId/command', () => {
  beforeEach(() => post('register', LAB))

  test('goes to the board as it was sent, and is answered in the words of the older backend', async () => {
    const answer = await post(`${LAB.deviceId}/command`, { command: 'restart', params: { a: 1 } })
    expect([answer.status, answer.text]).toEqual([
      200,
      `{"success":true,"message":"Command 'restart' notionally sent to esp32-multi-sensor-1."}`,
    ])
    const sent = running.published.filter(({ topic }) => topic.endsWith('/cmd'))
    expect(sent).toEqual([
      {
        topic: 'devices/esp32-multi-sensor-1/cmd',
        payload: { command: 'restart', params: { a: 1 } },
        qos: 1,
        retain: false,
      },
    ])
  })

  test.each(['nobody', 'a%2Fb', '%24SYS'])('of an unknown device (%s) is a 404', async (id) => {
    const answer = await post(`${id}/command`, { command: 'restart' })
    expect([answer.status, answer.json]).toEqual([
      404,
      { success: false, message: 'Device not found', error: 'Device not found' },
    ])
  })

  test.each([
    ['no command', {}],
    ['a command that is no text', { command: 5 }],
    ['an empty command', { command: '' }],
    ['null', 'null'],
    ['an array', []],
    ['no body', ''],
  ])('refuses %s', async (_what, body) => {
    const answer = await post(`${LAB.deviceId}/command`, body)
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({ success: false, error: expect.any(String) })
  })

  test('refuses what is over 4 KiB, packed or not', async () => {
    const large = JSON.stringify({ command: 'x'.repeat(5_000) })
    expect((await post(`${LAB.deviceId}/command`, large)).status).toBe(413)
    const packed = await exchange(`${running.url}/api/v1/devices/${LAB.deviceId}/command`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(large),
    })
    expect(packed.status).toBe(413)
    expect(running.published.filter(({ topic }) => topic.endsWith('/cmd'))).toEqual([])
  })
})

describe('in an outage', () => {
  const away = async (): Promise<void> => {
    await running.stop()
    const stored = createMemoryDevices()
    await stored.upsert([newDevice(deviceId('stored'), Date.now())])
    running = await startBridgedFacade({ devices: stored, outage: true })
  }
  const BEAT = { deviceId: 'stored', uptime: 1 }

  test('what only the store knows is a 503, never a 404', async () => {
    await away()
    for (const answer of [await post('heartbeat', BEAT), await post('stored/command', { command: 'x' })]) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
      expect(answer.text).not.toContain('secret')
    }
    running.outage.devices = false
    expect((await post('heartbeat', BEAT)).status).toBe(200)
  })

  test('a board that registers is taken in, and served from memory', async () => {
    await away()
    expect((await post('register', LAB)).status).toBe(200)
    expect((await post('heartbeat', { ...BEAT, deviceId: LAB.deviceId })).status).toBe(200)
    expect((await post(`${LAB.deviceId}/command`, { command: 'x' })).status).toBe(200)
  })
})
