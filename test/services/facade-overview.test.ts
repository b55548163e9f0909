import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { BridgeError } from '../../bridge/index.ts'
import type { DeviceLetter } from '../../src/facade/app.ts'
import { type BridgedFacade, startBridgedFacade } from '../support/bridged-facade.ts'
import { deviceId } from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

const JPEG = readFileSync(new URL('../fixtures/frame-5000.jpg', import.meta.url))
const NO_STORE = { 'cache-control': 'no-cache, no-store, must-revalidate', pragma: 'no-cache', expires: '0' }
const LETTER: DeviceLetter = { id: 4, receivedAt: 5, topic: 't', reason: 'bad-json', detail: 'not JSON' }

let running: BridgedFacade
let letters: () => Promise<readonly DeviceLetter[]>
beforeEach(async () => {
  letters = async () => [LETTER]
  running = await startBridgedFacade({ deps: { letters: () => letters() } })
})
afterEach(() => running.stop())

const get = (path: string) => exchange(`${running.url}/api/v1/${path}`)
const post = (path: string, body: unknown) => postJson(`${running.url}/api/v1/${path}`, body)
const ingest = (body: object) => post('ingest/sensor-data', body)
const rows = async () =>
  (await get('overview')).json as { readonly total: number; readonly devices: readonly object[] }
const detail = async (id: string) =>
  ((await get(`devices/${encodeURIComponent(id)}`)).json as { readonly device: object }).device

describe('GET /api/v1/overview', () => {
  test('has nobody at first, and is never kept', async () => {
    const { status, headers, json } = await get('overview')
    expect(status).toBe(200)
    expect(headers).toMatchObject(NO_STORE)
    expect(json).toEqual({ success: true, now: expect.any(Number), total: 0, devices: [] })
  })

  test('has every device with its newest values, whoever was heard of last first', async () => {
    await post('devices/register', { id: 'silent-one', name: 'Attic', type: 'relay' })
    running.time.pass(121_000)
    await ingest({ deviceId: 'a', temperature: 20, humidity: 40 })
    await ingest({ deviceId: 'a', temperature: 21, door: 'open' })
    const { total, devices } = await rows()
    const [a, other] = devices
    expect([total, devices.length]).toEqual([2, 2])
    expect(a).toEqual({
      ...{ deviceId: 'a', name: 'a', type: 'sensor', status: 'online', link: 'connected' },
      ...{ lastSeen: expect.any(Number), wifiRssi: null, uptimeMs: null, freeHeap: null },
      latest: {
        ...{ ts: expect.any(Number), receivedAt: expect.any(Number) },
        values: { temperature: 21, humidity: 40 },
        custom: { door: 'open' },
      },
      frameAt: null,
    })
    expect(other).toMatchObject({
      ...{ deviceId: 'silent-one', name: 'Attic', type: 'relay', status: 'offline', link: 'silent' },
      latest: null,
    })
  })

  test('tells what a board says of itself, and when its newest picture was taken', async () => {
    await post('devices/register', { id: 'cam', name: 'Door', type: 'camera' })
    await post('devices/heartbeat', { id: 'cam', uptime: 60_000, freeHeap: 1_000, wifiRssi: -61 })
    const taken = await running.bridge.frames.take(deviceId('cam'), JPEG)
    expect((await rows()).devices).toEqual([
      expect.objectContaining({
        ...{ uptimeMs: 60_000, freeHeap: 1_000, wifiRssi: -61 },
        frameAt: taken.ok && taken.frame.at,
      }),
    ])
  })

  test('lists 10,000 at most, and says how many there are', async () => {
    for (let n = 0; n < 10_001; n += 1) running.bridge.devices.describe(deviceId(`d${n}`), {})
    const { total, devices } = await rows()
    expect([total, devices.length]).toEqual([10_001, 10_000])
  })
})

describe('GET /api/v1/devices/:deviceId', () => {
  test.each(['GET', 'DELETE'])('%s of a path that takes POST only is no device', async (method) => {
    const answer = await exchange(`${running.url}/api/v1/devices/register`, { method })
    expect([answer.status, answer.json]).toEqual([
      404,
      { success: false, error: `Cannot ${method} /api/v1/devices/register` },
    ])
    expect(answer.headers['cache-control']).toBeUndefined()
  })

  test('is a 404 for a device that nobody knows, and for what cannot be one', async () => {
    for (const id of ['nobody', 'a%2Bb']) {
      const { status, json } = await get(`devices/${id}`)
      expect([status, json]).toEqual([404, { success: false, error: 'Device not found' }])
    }
  })

  test('has what the list has, what was lost, its dead letters, buzzer and picture', async () => {
    await ingest([1, 2, 5].map((seq) => ({ deviceId: 'a', boot: 'b1', seq, temperature: seq })))
    await ingest({ deviceId: 'a', boot: 'b1', seq: 5, temperature: 5 })
    const { id } = (await post('buzzer/request', { deviceId: 'a' })).json as { readonly id: number }
    const taken = await running.bridge.frames.take(deviceId('a'), JPEG)
    const [row] = (await rows()).devices
    expect(await detail('a')).toEqual({
      ...row,
      ...{ lastSeen: expect.any(Number), firstSeen: expect.any(Number), ipAddress: null, capabilities: [] },
      ...{ received: 4, deduplicated: 1, deadLettered: 0, lossRatio: 0.4, missing: 2 },
      sequence: { boot: 'b1', highest: 5, contiguous: 2 },
      deadLetters: [LETTER],
      buzzer: {
        ...{ id, status: 'pending', durationMs: 250, requestedAt: expect.any(Number) },
        ...{ deliveredAt: null, completedAt: null, expiresAt: expect.any(Number) },
      },
      frame: taken.ok && {
        filename: taken.frame.filename,
        url: `/data/${taken.frame.filename}`,
        at: taken.frame.at,
      },
      unavailable: {},
    })
  })

  test('has null where a board sends no numbers, and had no request nor picture', async () => {
    await ingest({ deviceId: 'küche 1', temperature: 1 })
    expect(await detail('küche 1')).toMatchObject({
      ...{ received: 1, lossRatio: null, missing: null, sequence: null, buzzer: null, frame: null },
    })
  })

  test('tells the rest while the database is away, and why the letters are not there', async () => {
    await ingest({ deviceId: 'a', temperature: 1 })
    letters = async () => {
      throw new BridgeError('STORE_UNAVAILABLE', 'secret detail')
    }
    const why = 'The database is not available at the moment'
    expect(await detail('a')).toMatchObject({ deadLetters: null, unavailable: { deadLetters: why } })
    letters = () => new Promise(() => undefined)
    expect(await detail('a')).toMatchObject({
      deadLetters: null,
      unavailable: { deadLetters: 'The database did not answer within 1000 ms' },
    })
  })
})

test('without a database the letters are null, and it is said where they are', async () => {
  const facade = await startBridgedFacade()
  try {
    await postJson(`${facade.url}/api/v1/ingest/sensor-data`, { deviceId: 'a', temperature: 1 })
    const { json } = await exchange(`${facade.url}/api/v1/devices/a`)
    expect(json).toMatchObject({
      device: {
        deadLetters: null,
        unavailable: { deadLetters: 'No database is used: dead letters wait in the spool' },
      },
    })
  } finally {
    await facade.stop()
  }
})

test('GET /api/v1/system/overview has the figures, the sheet, the caches and the health in one answer', async () => {
  await ingest({ deviceId: 'a', temperature: 1 })
  const { status, headers, json } = await get('system/overview')
  expect(status).toBe(200)
  expect(headers).toMatchObject(NO_STORE)
  expect(json).toMatchObject({
    ...{ success: true, now: expect.any(Number), version: '0.0.0', uptimeMs: expect.any(Number) },
    rates: { messagesPerSecond: 0, readingsPerSecond: 0, storedPerSecond: 0 },
    spool: { maxBytes: 10_000_000, secondsUntilFull: null },
    ...{ drainLagMs: expect.any(Number), missing: 0 },
    caches: { devices: { hits: expect.any(Number), hitRate: null } },
    balance: { received: 1, remainder: 0, dropped: { 'spool-damaged': 0 } },
    connections: { mqtt: 0, http: 0, sockets: 0 },
    ...{ disk: null, storage: null, rollups: null, ready: true, degraded: [] },
    parts: { database: { ok: true } },
  })
})
