/** A board with credentials sends for itself and for nobody else, wherever a request names the board. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { basic, createFakeDoorkeeper } from '../support/doorkeeper.ts'
import { deviceId, NO_RECOGNITION } from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'
import { fixture } from '../support/recordings.ts'

type Server = Awaited<ReturnType<typeof startBridgedFacade>>
const doorkeeper = createFakeDoorkeeper({
  'board-1': 'device',
  'Büro 2': 'device',
  '7': 'device',
  anna: 'admin',
})
const me = basic('board-1')

let server: Server
beforeAll(async () => {
  server = await startBridgedFacade({ deps: { doorkeeper, recognition: NO_RECOGNITION } })
})
afterAll(() => server.stop())

const api = (path: string): string => `${server.url}/api/v1/${path}`
const registration = (id: unknown) => ({ deviceId: id, deviceName: 'n', deviceType: 't' })

describe('the id in the body', () => {
  test.each([
    ['devices/register', registration('board-1'), 200],
    ['devices/register', registration('board-2'), 403],
    ['devices/register', { id: 'board-1', name: 'n', type: 't' }, 200],
    ['devices/register', { ...registration('board-2'), id: 'board-1' }, 403],
    ['devices/heartbeat', { deviceId: 'board-1' }, 200],
    ['devices/heartbeat', { deviceId: 'board-2', id: 'board-1' }, 403],
    ['ingest/sensor-data', { deviceId: 'board-1', temperature: 1 }, 200],
    ['ingest/sensor-data', { deviceId: 'BOARD-1', temperature: 1 }, 403],
    ['ingest/sensor-data', { deviceId: null, id: 'board-2', temperature: 1 }, 403],
    ['ingest/sensor-data', [{ deviceId: 'board-1' }, { id: 'board-1', temperature: 2 }], 200],
    ['ingest/sensor-data', [{ deviceId: 'board-1' }, { deviceId: 'board-2' }], 403],
  ])('%s with %j is a %d', async (path, body, status) => {
    expect((await postJson(api(path), body, me)).status).toBe(status)
  })

  test('of another stores nothing, also not the part that is its own', async () => {
    const body = [
      { deviceId: 'board-1', custom: 'mixed' },
      { deviceId: 'board-2', custom: 'mixed' },
    ]
    const answer = await postJson(api('ingest/sensor-data'), body, me)
    expect([answer.status, answer.json]).toEqual([403, { success: false, error: expect.any(String) }])
    for (const id of ['board-1', 'board-2']) {
      const stored = await server.bridge.readings.recent(deviceId(id), 100)
      expect(JSON.stringify(stored)).not.toContain('mixed')
    }
  })

  test('may be a number, and text beyond ASCII', async () => {
    expect((await postJson(api('ingest/sensor-data'), { id: 7 }, basic('7'))).status).toBe(200)
    expect((await postJson(api('ingest/sensor-data'), { id: 'Büro 2' }, basic('Büro 2'))).status).toBe(200)
  })

  test('packed is read as well', async () => {
    const send = (id: string) =>
      exchange(api('ingest/sensor-data'), {
        method: 'POST',
        headers: { ...me, 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
        body: gzipSync(JSON.stringify({ deviceId: id })),
      })
    expect([(await send('board-1')).status, (await send('board-2')).status]).toEqual([200, 403])
  })
})

describe('the id in the headers of a picture', () => {
  const send = (path: string, headers: Readonly<Record<string, string>>) =>
    exchange(api(path), {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg', ...headers },
      body: fixture('frame-vga.jpg'),
    })

  test.each(['stream/fast', 'stream/stream'])('%s takes its own pictures only', async (path) => {
    expect((await send(path, { ...me, 'Device-ID': 'board-1' })).status).toBe(200)
    expect((await send(path, { ...me, 'X-Device-ID': 'board-1' })).status).toBe(200)
    const others = [
      { 'Device-ID': 'board-2' },
      { 'Device-ID': 'board-2', 'X-Device-ID': 'board-1' },
      { 'Device-ID': 'board-1/x' },
      {},
    ]
    for (const headers of others) expect((await send(path, { ...me, ...headers })).status).toBe(403)
    expect(server.bridge.frames.newest(deviceId('board-2'))).toBeUndefined()
  })
})

describe('its buzzer', () => {
  const requestFor = async (id: string): Promise<number> =>
    (await server.bridge.buzzer.request(deviceId(id))).id
  const complete = (id: number) => exchange(api(`buzzer/complete/${id}`), { method: 'PATCH', headers: me })

  test.each(['buzzer', 'Buzzer'])('is polled by itself only (%s)', async (word) => {
    await requestFor('board-1')
    const poll = (id: string) => exchange(api(`${word}/status/${id}`), { headers: me })
    for (let again = 0; again < 2; again += 1) {
      expect((await poll('board-1')).json).toMatchObject({ status: 'pending' })
      expect((await poll('board-2')).status).toBe(403)
    }
  })

  test('is completed by itself only: requests of others are not there', async () => {
    const [own, other] = [await requestFor('board-1'), await requestFor('board-2')]
    expect((await complete(other)).status).toBe(404)
    expect((await server.bridge.buzzer.newest(deviceId('board-2')))?.status).toBe('pending')
    expect((await complete(own)).status).toBe(200)
    const answer = await exchange(api(`buzzer/complete/${other}`), {
      method: 'PATCH',
      headers: basic('anna'),
    })
    expect(answer.status).toBe(200)
  })
})

describe('a poll with credentials', () => {
  test('is checked once and then known, with the same bytes as the route', async () => {
    const poll = () => exchange(api('buzzer/status/board-1'), { headers: me })
    await poll()
    const before = doorkeeper.checked.length
    const [lane, routed] = [
      await poll(),
      await exchange(`${server.url}/API/v1/buzzer/status/board-1`, { headers: me }),
    ]
    expect(doorkeeper.checked).toHaveLength(before)
    const { date: _lane, ...laneHeaders } = lane.headers
    const { date: _routed, ...routedHeaders } = routed.headers
    expect([lane.status, lane.text, laneHeaders]).toEqual([routed.status, routed.text, routedHeaders])
  })

  test('that are wrong is a 401, and without any is one too', async () => {
    const statusOf = async (headers: Readonly<Record<string, string>>) =>
      (await exchange(api('buzzer/status/board-1'), { headers })).status
    expect(await statusOf(basic('board-1', 'wrong'))).toBe(401)
    expect(await statusOf({})).toBe(401)
    expect(await statusOf({ Authorization: 'Basic' })).toBe(401)
  })
})
