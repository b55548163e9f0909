import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  device,
  deviceId,
  HEALTHY,
  NOW,
  outage,
  type RunningFacade,
  startFacade,
} from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

let running: RunningFacade
const get = (path: string) => exchange(running.url + path)
beforeEach(async () => {
  running = await startFacade({ version: '1.2.3' })
})
afterEach(() => running.facade.stop())

describe('GET /api/v1/sensor-data', () => {
  const ingest = async (body: object, now = NOW) => {
    running.world.now = now
    await postJson(`${running.url}/api/v1/ingest/sensor-data`, body)
  }

  test('answers exactly the five keys of the older backend, newest first by receipt', async () => {
    await ingest({ deviceId: 'esp', timestamp: 5_000_000, temperature: 30, pressure: 1000, foo: 1 })
    // A reboot: the uptime starts over, the reading is newer all the same.
    await ingest({ deviceId: 'esp', timestamp: 3000, humidity: 50.5, distance: 0, lightLevel: 7 }, NOW + 1000)
    const answer = await get('/api/v1/sensor-data?deviceId=esp&limit=10')
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      success: true,
      data: [
        { timestamp: NOW + 1000, temperature: null, humidity: 50.5, distance: 0, lightLevel: 7 },
        { timestamp: NOW, temperature: 30, humidity: null, distance: null, lightLevel: null },
      ],
      count: 2,
      deviceId: 'esp',
      responseTime: expect.any(Number),
    })
    expect(answer.headers['cache-control']).toBeUndefined()
  })

  test.each([
    ['', 100],
    ['&limit=', 100],
    ['&limit=1', 1],
    ['&limit=10.9', 10],
    ['&limit=10&limit=20', 10],
    ['&limit=5000', 500],
    ['&limit=-5', 100],
    ['&limit=abc', 100],
  ])('with "%s" answers %d of 600 rows', async (query, count) => {
    await ingest(Array.from({ length: 600 }, () => ({ deviceId: 'bulk' })))
    const answer = await get(`/api/v1/sensor-data?deviceId=bulk${query}`)
    expect(answer.json).toMatchObject({ success: true, count })
    expect((answer.json as { data: unknown[] }).data).toHaveLength(count)
  })

  test.each(['nobody', 'a%2Fb', 'x'.repeat(200)])(
    'of %s, which nobody knows, is an empty list',
    async (id) => {
      const answer = await get(`/api/v1/sensor-data?deviceId=${id}`)
      const asked = decodeURIComponent(id)
      expect(answer.status).toBe(200)
      expect(answer.json).toMatchObject({ success: true, data: [], count: 0, deviceId: asked })
    },
  )

  test('of two devices mixes their rows by time of receipt', async () => {
    await ingest({ deviceId: 'a', temperature: 1 }, NOW)
    await ingest({ deviceId: 'b', temperature: 2 }, NOW + 1)
    await ingest({ deviceId: 'a', temperature: 3 }, NOW + 2)
    const answer = await get('/api/v1/sensor-data?deviceId=a&deviceId=b&limit=2')
    expect(answer.json).toMatchObject({
      data: [{ temperature: 3 }, { temperature: 2 }],
      count: 2,
      deviceId: ['a', 'b'],
    })
  })

  test.each(['', '?deviceId=', '?limit=1', '?deviceId[a]=b', '?deviceId=a&deviceId='])(
    'without a device ("%s") is a 400',
    async (query) => {
      const answer = await get(`/api/v1/sensor-data${query}`)
      expect(answer.status).toBe(400)
      expect(answer.json).toEqual({
        success: false,
        error: 'Missing required query parameter: deviceId',
        responseTime: expect.any(Number),
      })
    },
  )

  test('is at most of 20 devices', async () => {
    const query = Array.from({ length: 21 }, (_, index) => `deviceId=${index}`).join('&')
    const answer = await get(`/api/v1/sensor-data?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ error: 'At most 20 devices in one request' })
  })

  test('is a 503 in an outage, never an empty list', async () => {
    running.world.fault = outage('STORE_UNAVAILABLE')
    const answer = await get('/api/v1/sensor-data?deviceId=a')
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.json).toMatchObject({ success: false })
    expect(answer.text).not.toContain('secret')
  })
})

describe('GET /api/v1/devices', () => {
  test('answers a device as the older backend did', async () => {
    running.world.devices.push(
      device('ESP32-CAM-001', {
        name: 'Camera #1',
        type: 'camera',
        ipAddress: '192.168.1.50',
        capabilities: ['streaming'],
        uptimeMs: 1000,
        freeHeap: 1001,
        wifiRssi: -70,
        errors: 2,
      }),
    )
    const answer = await get('/api/v1/devices')
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      success: true,
      devices: [
        {
          deviceId: 'ESP32-CAM-001',
          deviceName: 'Camera #1',
          deviceType: 'camera',
          status: 'online',
          ipAddress: '192.168.1.50',
          lastHeartbeat: NOW,
          uptime: 1000,
          freeHeap: 1001,
          wifiRssi: -70,
          errorCount: 2,
          capabilities: ['streaming'],
        },
      ],
    })
  })

  test('shows a type that contains "sensor" for a device with readings, and silence as offline', async () => {
    const silent = { lastSeen: NOW - 121_000, type: 'DHT11-LDR-HCSR04', hasReadings: true }
    running.world.devices.push(device('quiet', silent), device('new', { name: '' }))
    expect((await get('/api/v1/devices')).json).toMatchObject({
      devices: [
        { deviceId: 'new', deviceName: 'new', deviceType: 'unknown', status: 'online' },
        { deviceId: 'quiet', deviceType: 'sensor', status: 'offline', ipAddress: null, capabilities: [] },
      ],
    })
  })

  test('answers at most 100', async () => {
    for (let i = 0; i < 101; i++) running.world.devices.push(device(`d${i}`, { lastSeen: NOW + i }))
    const { devices } = (await get('/api/v1/devices')).json as { devices: { deviceId: string }[] }
    expect([devices.length, devices[0]?.deviceId, devices.at(-1)?.deviceId]).toEqual([100, 'd100', 'd1'])
  })

  test('is a 503 in an outage, never an empty list', async () => {
    running.world.fault = outage('STORE_UNAVAILABLE')
    expect((await get('/api/v1/devices')).status).toBe(503)
  })
})

describe('GET /health', () => {
  const away = { ...HEALTHY, degraded: ['database'], parts: { database: { ok: false, message: 'refused' } } }

  test('answers the fields of the older backend and what the parts say, and is never kept', async () => {
    const answer = await get('/health')
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-cache, no-store, must-revalidate')
    expect(answer.json).toEqual({
      status: 'healthy',
      uptime: expect.any(Number),
      timestamp: NOW,
      backendVersion: '1.2.3',
      nodeVersion: process.version,
      database: { status: 'connected', version: '18.4', message: 'connected' },
      live: true,
      ready: true,
      degraded: [],
      parts: HEALTHY.parts,
    })
  })

  test('is 200 when degraded, because acks go on', async () => {
    running.world.health = away
    const answer = await get('/health')
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      status: 'degraded',
      degraded: ['database'],
      database: { status: 'disconnected', version: null, message: 'refused' },
    })
  })

  test('is 503 only when not ready; the probe of life asks for less', async () => {
    running.world.health = { ...away, ready: false }
    expect((await get('/health')).status).toBe(503)
    expect((await get('/health?probe=live')).status).toBe(200)
    expect((await get('/health?probe=ready')).status).toBe(503)
    running.world.health = { ...away, ready: false, live: false }
    expect((await get('/health?probe=live')).status).toBe(503)
  })

  test('says so when no database is used', async () => {
    running.world.health = { ...HEALTHY, parts: {} }
    expect((await get('/health')).json).toMatchObject({ database: { status: 'disconnected', version: null } })
  })
})

describe('GET /metrics', () => {
  test('answers the text as it is', async () => {
    const answer = await get('/metrics')
    expect([answer.status, answer.text]).toEqual([200, 'sluice_up 1\n'])
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  })
})

test('a reading that was ingested is the next answer of sensor-data, with six significant digits', async () => {
  const sent = {
    temperature: 25.29999924,
    humidity: 1234567.891,
    distance: -0.000123456789,
    lightLevel: 12.6,
  }
  await postJson(`${running.url}/api/v1/ingest/sensor-data`, { deviceId: 'a', ...sent })
  expect(running.world.stored.get(deviceId('a'))).toMatchObject([{ temperature: 25.29999924 }])
  expect((await get('/api/v1/sensor-data?deviceId=a')).json).toMatchObject({
    data: [{ temperature: 25.3, humidity: 1234570, distance: -0.000123457, lightLevel: 13 }],
  })
})
