import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type BridgedFacade, startBridgedFacade } from '../support/bridged-facade.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

let running: BridgedFacade
const post = (path: string, body: unknown, headers?: { readonly [name: string]: string }) =>
  postJson(`${running.url}/api/v1/devices/${path}`, body, headers)
const listed = async (): Promise<unknown> =>
  ((await exchange(`${running.url}/api/v1/devices`)).json as { readonly devices: unknown }).devices
const NO_STORE = { 'cache-control': 'no-cache, no-store, must-revalidate', pragma: 'no-cache', expires: '0' }

beforeEach(async () => {
  running = await startBridgedFacade()
})
afterEach(() => running.stop())

const LAB = {
  deviceId: 'esp32-multi-sensor-1',
  deviceName: 'Lab Sensor Unit',
  deviceType: 'DHT11-LDR-HCSR04',
  ipAddress: '192.168.1.60',
  capabilities: ['temperature', 'humidity', 'distance', 'lightLevel'],
}

describe('POST /api/v1/devices/register', () => {
  test('answers the device in the fields of the older backend, in their order, and is never kept', async () => {
    const answer = await post('register', LAB)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject(NO_STORE)
    expect(answer.headers.etag).toMatch(/^W\//)
    const body = answer.json as { readonly lastSeen: number }
    expect(Object.entries(body)).toEqual([
      ['success', true],
      ['id', 'esp32-multi-sensor-1'],
      ['name', 'Lab Sensor Unit'],
      ['type', 'DHT11-LDR-HCSR04'],
      ['ipAddress', '192.168.1.60'],
      ['status', 'online'],
      ['lastSeen', expect.any(Number)],
      ['uptime', 0],
      ['freeHeap', 0],
      ['wifiRssi', 0],
      ['capabilities', ['temperature', 'humidity', 'distance', 'lightLevel']],
      ['errors', 0],
      ['responseTime', expect.any(Number)],
    ])
    expect(Math.abs(body.lastSeen - running.time.now())).toBeLessThan(60_000)
  })

  test('takes the spelling of the shipped sketch, and the long spelling wins', async () => {
    const short = { id: 'short', name: 'n', type: 't' }
    expect((await post('register', short)).json).toMatchObject({ id: 'short', name: 'n', type: 't' })
    const both = { ...short, deviceId: 'long', deviceName: 'N', deviceType: 'T' }
    expect((await post('register', both)).json).toMatchObject({ id: 'long', name: 'N', type: 'T' })
  })

  test('tells everyone before it answers, of a known device as of a new one', async () => {
    const told: string[] = []
    running.events.on('device:registered', ({ device }) => told.push(device.name))
    await post('register', LAB)
    await post('register', { ...LAB, deviceName: 'Lab Sensor Unit B' })
    expect(told).toEqual(['Lab Sensor Unit', 'Lab Sensor Unit B'])
  })

  test('starts the device anew, but keeps the address it said before', async () => {
    await post('register', LAB)
    await post('heartbeat', { deviceId: LAB.deviceId, uptime: 5, freeHeap: 6, wifiRssi: -7 })
    const { ipAddress: _, capabilities: __, ...bare } = LAB
    expect((await post('register', bare)).json).toMatchObject({
      ipAddress: '192.168.1.60',
      uptime: 0,
      freeHeap: 0,
      wifiRssi: 0,
      capabilities: [],
    })
  })

  test('gives a device that never said its address that of its connection', async () => {
    const bare = { deviceId: 'min-1', deviceName: 'Min', deviceType: 'x' }
    expect((await post('register', bare)).json).toMatchObject({ ipAddress: '127.0.0.1' })
    expect((await post('register', { ...bare, ipAddress: '10.0.0.9' })).json).toMatchObject({
      ipAddress: '10.0.0.9',
    })
  })

  test('takes numbers for text, and answers them as text', async () => {
    const answer = await post('register', { deviceId: 42, deviceName: 7, deviceType: 1 })
    expect(answer.json).toMatchObject({ success: true, id: '42', name: '7', type: '1' })
  })

  test.each([
    ['no deviceName', { deviceId: 'x', deviceType: 'y' }],
    ['an empty deviceName', { deviceId: 'x', deviceName: '', deviceType: 'y' }],
    ['no deviceId', { deviceName: 'x', deviceType: 'y' }],
    ['nothing', {}],
    ['an array', []],
    ['null', 'null'],
    ['text', '"x"'],
    ['no body', ''],
  ])('refuses %s as the older backend did', async (_what, body) => {
    const answer = await post('register', body)
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({
      success: false,
      error: 'Missing required fields: deviceId, deviceName, deviceType',
      responseTime: expect.any(Number),
    })
    expect(answer.headers['cache-control']).toBeUndefined()
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded'])('sees no body in %s', async (type) => {
    const answer = await post('register', LAB, { 'Content-Type': type })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ error: expect.stringContaining('Missing required fields') })
  })

  test.each([
    ['an id with a slash', { deviceId: '../etc' }],
    ['an id with a wildcard', { deviceId: 'a+b' }],
    ['an id with a hash', { deviceId: 'a#' }],
    ['an id with a control character', { deviceId: 'a\nb' }],
    ['an id over 100 characters', { deviceId: 'x'.repeat(101) }],
    ['an id that is an object', { deviceId: { a: 1 } }],
    ['a name over 255 characters', { deviceName: 'n'.repeat(256) }],
    ['a name that is an object', { deviceName: { a: 1 } }],
    ['a type over 100 characters', { deviceType: 't'.repeat(101) }],
    ['an address over 45 characters', { ipAddress: '1'.repeat(46) }],
    ['capabilities that are no array', { capabilities: 'all' }],
    ['capabilities that hold an object', { capabilities: ['beep', { a: 1 }] }],
  ])('refuses %s by its name, and stores and tells nothing', async (_what, bad) => {
    const told: unknown[] = []
    running.events.on('device:registered', (event) => told.push(event))
    const answer = await post('register', { ...LAB, ...bad })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ error: expect.stringMatching(`^${Object.keys(bad)[0]}\\b`) })
    expect(answer.json).toMatchObject({ success: false, error: expect.any(String) })
    expect([told, await listed()]).toEqual([[], []])
  })
})

describe('POST /api/v1/devices/heartbeat', () => {
  const beat = (body: object) => post('heartbeat', { deviceId: 'ESP32-CAM-001', ...body })
  const CAMERA = {
    deviceId: 'ESP32-CAM-001',
    deviceName: 'Camera #1',
    deviceType: 'camera',
    ipAddress: '192.168.1.50',
    capabilities: ['streaming', 'recording', 'capture'],
  }

  test('answers the device with its times, and without `success`', async () => {
    await post('register', CAMERA)
    const answer = await beat({ uptime: 123456, freeHeap: 145000, wifiRssi: -58, status: 'online' })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject(NO_STORE)
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const { device, ...rest } = answer.json as { readonly device: object }
    expect(rest).toEqual({
      message: 'Heartbeat received',
      status: 'success',
      responseTime: expect.any(Number),
    })
    expect(Object.entries(device)).toEqual([
      ['id', 'ESP32-CAM-001'],
      ['name', 'Camera #1'],
      ['type', 'camera'],
      ['ipAddress', '192.168.1.50'],
      ['status', 'online'],
      ['lastSeen', expect.any(Number)],
      ['uptime', 123456],
      ['freeHeap', 145000],
      ['wifiRssi', -58],
      ['capabilities', ['streaming', 'recording', 'capture']],
      ['errors', 0],
      ['createdAt', iso],
      ['updatedAt', iso],
    ])
  })

  test('keeps what is absent or null, rounds fractions and reads numbers out of text', async () => {
    await post('register', CAMERA)
    await beat({ uptime: 100, freeHeap: 200, wifiRssi: -50 })
    expect((await beat({})).json).toMatchObject({ device: { uptime: 100, freeHeap: 200, wifiRssi: -50 } })
    expect((await beat({ uptime: null, freeHeap: 1000.6, wifiRssi: '-70' })).json).toMatchObject({
      device: { uptime: 100, freeHeap: 1001, wifiRssi: -70 },
    })
  })

  test.each(['offline', 'warning', 'error'])('shows the status %s it is told', async (status) => {
    await post('register', CAMERA)
    expect((await beat({ status })).json).toMatchObject({ device: { status } })
    expect(await listed()).toMatchObject([{ deviceId: 'ESP32-CAM-001', status }])
  })

  test.each([
    ['a status outside the list', { status: 'maintenance' }],
    ['an uptime that is no number', { uptime: 'long' }],
    ['a heap that is an object', { freeHeap: {} }],
  ])('refuses %s, and changes nothing', async (_what, bad) => {
    await post('register', CAMERA)
    const answer = await beat({ wifiRssi: -1, ...bad })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ success: false, responseTime: expect.any(Number) })
    expect(await listed()).toMatchObject([{ status: 'online', wifiRssi: 0 }])
  })

  test('of an unknown device is a 404, so that the board registers anew', async () => {
    const answer = await beat({ uptime: 1 })
    expect(answer.status).toBe(404)
    expect(answer.json).toEqual({
      success: false,
      error: 'Device not found. Please re-register.',
      responseTime: expect.any(Number),
    })
  })

  test.each([
    ['no id', { uptime: 1 }],
    ['null', 'null'],
    ['an array', []],
    ['no body', ''],
  ])('with %s is a 400', async (_what, body) => {
    const answer = await post('heartbeat', body)
    expect([answer.status, answer.json]).toEqual([
      400,
      { success: false, error: 'Device ID required', responseTime: expect.any(Number) },
    ])
  })
})

describe('DELETE /api/v1/devices/:deviceId', () => {
  const remove = (id: string) => exchange(`${running.url}/api/v1/devices/${id}`, { method: 'DELETE' })

  test('forgets the device, once, and it is new when it registers again', async () => {
    await post('register', LAB)
    expect(await remove(LAB.deviceId)).toMatchObject({
      status: 200,
      json: { success: true, deviceId: LAB.deviceId },
    })
    expect(await listed()).toEqual([])
    expect(await remove(LAB.deviceId)).toMatchObject({ status: 404, json: { success: false } })
    await post('register', LAB)
    expect(await listed()).toMatchObject([{ deviceId: LAB.deviceId }])
  })

  test('is 404 for what is no device id', async () => {
    expect((await remove('a%2Fb')).status).toBe(404)
  })
})
