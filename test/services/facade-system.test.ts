import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type BridgedFacade, startBridgedFacade } from '../support/bridged-facade.ts'
import { HEALTHY } from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

let running: BridgedFacade
const get = (path: string) => exchange(`${running.url}/api/v1/system/${path}`)
const post = (path: string, body: unknown) => postJson(`${running.url}/api/v1/${path}`, body)
const register = (id: string) => post('devices/register', { id, name: 'n', type: 't' })

beforeEach(async () => {
  running = await startBridgedFacade()
})
afterEach(() => running.stop())

describe('GET /api/v1/system/status', () => {
  const status = async () => ((await get('status')).json as { readonly status: object }).status

  test('answers the numbers of the app, in the order of the older backend', async () => {
    const answer = await get('status')
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBeUndefined()
    const body = answer.json as { readonly status: { readonly lastBackendSync: number } }
    expect(Object.keys(body)).toEqual(['success', 'status'])
    expect(Object.entries(body.status)).toEqual([
      ['devicesOnline', 0],
      ['devicesTotal', 0],
      ['systemUptime', expect.any(Number)],
      ['backendConnected', true],
      ['lastBackendSync', expect.any(Number)],
      ['totalCommandsSent', 0],
      ['totalCommandsFailed', 0],
      ['systemLoad', expect.any(Number)],
      ['devicesKnown', 0],
    ])
    expect(body.status.lastBackendSync).toBeGreaterThan(1e12)
  })

  test('gives the load as a share of what the machine can do, and whole seconds', async () => {
    const { systemLoad, systemUptime } = (await status()) as { systemLoad: number; systemUptime: number }
    expect(systemLoad).toBeGreaterThanOrEqual(0)
    expect(systemLoad).toBeLessThanOrEqual(1)
    expect(Number.isInteger(systemUptime)).toBe(true)
  })

  test('counts the 100 devices that are listed, as before, and tells how many there are; online is online or warning', async () => {
    for (let n = 0; n < 103; n += 1) await register(`d${n}`)
    await post('devices/heartbeat', { deviceId: 'd0', status: 'warning' })
    await post('devices/heartbeat', { deviceId: 'd1', status: 'error' })
    await post('devices/heartbeat', { deviceId: 'd2', status: 'offline' })
    expect(await status()).toMatchObject({ devicesOnline: 98, devicesTotal: 100, devicesKnown: 103 })
    running.time.pass(121_000)
    expect(await status()).toMatchObject({ devicesOnline: 0, devicesTotal: 100, devicesKnown: 103 })
  })

  test('counts buzzer requests and commands that were sent, and commands that reached nobody', async () => {
    await register('a')
    await post('devices/a/command', { command: 'restart' })
    await post('devices/nobody/command', { command: 'restart' })
    await post('buzzer/request', { deviceId: 'a' })
    // It joins the one before.
    await post('buzzer/ping', { deviceId: 'a' })
    expect(await status()).toMatchObject({ totalCommandsSent: 2, totalCommandsFailed: 1 })
  })

  test('says that the database is away, and counts the devices all the same', async () => {
    const parts = { ...HEALTHY.parts, database: { ok: false, message: 'refused' } }
    let health = { ...HEALTHY, parts }
    await running.stop()
    running = await startBridgedFacade({ deps: { health: () => health } })
    await register('a')
    running.outage.devices = true
    expect(await status()).toMatchObject({ backendConnected: false, devicesOnline: 1, devicesTotal: 1 })
    health = { ...HEALTHY, parts: {} as typeof parts }
    // Without a database there is none to be away.
    expect(await status()).toMatchObject({ backendConnected: true })
  })

  test('is a 503 while the devices were never read', async () => {
    await running.stop()
    running = await startBridgedFacade({ outage: true })
    for (const path of ['status', 'performance']) expect((await get(path)).status).toBe(503)
  })
})

describe('GET /api/v1/system/performance', () => {
  const performanceOf = async () =>
    ((await get('performance')).json as { readonly performance: { readonly [field: string]: unknown } })
      .performance

  test('answers what the older backend told, and the load of what is new', async () => {
    await register('a')
    await register('b')
    await post('devices/heartbeat', { deviceId: 'b', status: 'warning' })
    const text = expect.stringMatching(/^\d+ MB$/)
    const number = expect.any(Number)
    const cache = { hits: number, misses: number, size: number, hitRate: expect.anything() }
    const answer = await performanceOf()
    expect(answer).toEqual({
      uptime: number,
      memory: { rss: text, heapUsed: text, heapTotal: text, external: text },
      devices: { total: 2, online: 1, offline: 1 },
      websocketConnections: 0,
      nodeVersion: process.version,
      platform: process.platform,
      mqttConnections: 0,
      spool: { bytes: number, maxBytes: 10_000_000, waitingRows: number },
      queues: { pendingBytes: 0 },
      caches: expect.objectContaining({ devices: cache }),
      responseTimes: { count: 3, p50: number, p99: number, max: number },
    })
  })

  test('gives the hit rate as a share, and null before the first question', async () => {
    await running.stop()
    const load = () => ({
      spool: { bytes: 1, maxBytes: 2, waitingRows: 3 },
      pendingBytes: 4,
      mqttConnections: 5,
      caches: { asked: { hits: 3, misses: 1, size: 2 }, idle: { hits: 0, misses: 0, size: 0 } },
    })
    running = await startBridgedFacade({ deps: { load } })
    expect(await performanceOf()).toMatchObject({
      mqttConnections: 5,
      queues: { pendingBytes: 4 },
      caches: {
        asked: { hits: 3, misses: 1, size: 2, hitRate: 0.75 },
        idle: { hits: 0, misses: 0, size: 0, hitRate: null },
      },
    })
  })
})
