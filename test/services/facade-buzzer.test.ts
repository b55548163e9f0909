import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { BridgeError } from '../../bridge/core/errors.ts'
import { createMemoryBuzzer } from '../../bridge/stores/memory-buzzer.ts'
import { type BridgedFacade, startBridgedFacade } from '../support/bridged-facade.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

const ID = 'esp32-multi-sensor-1'
const NO_STORE = { 'cache-control': 'no-cache, no-store, must-revalidate', pragma: 'no-cache', expires: '0' }
const SKETCH = { 'User-Agent': 'ESP32HTTPClient', 'Accept-Encoding': 'identity;q=1,chunked;q=0.1,*;q=0' }

let running: BridgedFacade
const at = (path: string): string => `${running.url}/api/v1/buzzer/${path}`
const post = (path: string, body: unknown) => postJson(at(path), body)
const poll = (id = ID, headers: { readonly [name: string]: string } = SKETCH) =>
  exchange(at(`status/${id}`), { headers })
const complete = (id: string | number, body = '{"completedAt":123999}') =>
  exchange(at(`complete/${id}`), {
    method: 'PATCH',
    headers: { ...SKETCH, 'Content-Type': 'application/json' },
    body,
  })
const query = async (search = `?deviceId=${ID}`) => (await exchange(at(`status${search}`))).json
const ask = async (deviceId = ID): Promise<number> =>
  ((await post('request', { deviceId })).json as { readonly id: number }).id

beforeEach(async () => {
  running = await startBridgedFacade()
})
afterEach(() => running.stop())

describe('POST /api/v1/buzzer/request', () => {
  test('answers the request at top level, and is never kept', async () => {
    const answer = await post('request', { deviceId: ID })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject(NO_STORE)
    const body = answer.json as { readonly requestedAt: number }
    const iso = new Date(body.requestedAt).toISOString()
    expect(Object.entries(body)).toEqual([
      ['success', true],
      ['id', expect.any(Number)],
      ['deviceId', ID],
      ['requestedAt', expect.any(Number)],
      ['status', 'pending'],
      ['createdAt', iso],
      ['updatedAt', expect.any(String)],
      ['responseTime', expect.any(Number)],
    ])
  })

  test('while one is pending joins it: the same id, one event', async () => {
    const told: number[] = []
    running.events.on('buzzer:requested', ({ request }) => told.push(request.id))
    const first = await ask()
    expect([await ask(), told]).toEqual([first, [first]])
  })

  test('reaches a board on MQTT, with its duration', async () => {
    await post('request', { deviceId: ID, durationMs: 400 })
    expect(running.on(`buzzer/${ID}/cmd`)).toMatchObject([{ action: 'beep', durationMs: 400 }])
  })

  test('takes a number for text, and answers it as text', async () => {
    expect((await post('request', { deviceId: 42 })).json).toMatchObject({ success: true, deviceId: '42' })
    expect((await poll('42')).json).toMatchObject({ status: 'pending' })
  })

  test.each([
    ['no id', {}],
    ['an empty id', { deviceId: '' }],
    ['null', 'null'],
    ['an array', []],
    ['no body', ''],
  ])('refuses %s as the older backend did', async (_what, body) => {
    for (const path of ['request', 'ping']) {
      const answer = await post(path, body)
      expect([answer.status, answer.json]).toEqual([400, { success: false, error: 'Device ID is required' }])
    }
  })

  test.each([{ deviceId: 'b'.repeat(101) }, { deviceId: { x: 1 } }, { deviceId: 'a/b' }, { deviceId: true }])(
    'refuses the id of %j',
    async (body) => {
      for (const path of ['request', 'ping']) {
        const answer = await post(path, body)
        expect([answer.status, answer.json]).toEqual([400, { success: false, error: expect.any(String) }])
      }
    },
  )
})

describe('GET /api/v1/buzzer/status', () => {
  test('answers the newest request of a device, and delivers none', async () => {
    const responseTime = expect.any(Number)
    expect(await query()).toEqual({ success: true, status: 'no_requests', responseTime })
    const id = await ask()
    const asked = { success: true, lastRequestedAt: expect.any(Number), responseTime }
    expect(await query()).toEqual({ ...asked, status: 'pending', lastBuzzedAt: null })
    running.time.pass(60_000)
    // Had it counted as delivered, it would have lapsed by now.
    expect(await query()).toMatchObject({ status: 'pending' })
    await complete(id)
    expect(await query()).toEqual({ ...asked, status: 'completed', lastBuzzedAt: expect.any(Number) })
  })

  test('says of a request that came to nothing neither pending nor completed', async () => {
    await ask()
    await post('control', { deviceId: ID, status: false })
    expect(await query()).toMatchObject({ status: 'no_requests', lastRequestedAt: expect.any(Number) })
    await ask('lapses')
    await poll('lapses')
    running.time.pass(60_000)
    await poll('lapses')
    expect(await query('?deviceId=lapses')).toMatchObject({ status: 'no_requests', lastBuzzedAt: null })
  })

  test.each(['', '?deviceId='])('with "%s" is of the devices seen last, with their names', async (search) => {
    for (let n = 0; n < 52; n += 1) {
      await postJson(`${running.url}/api/v1/devices/register`, { id: `d${n}`, name: 'n', type: 't' })
      running.time.pass(1)
    }
    await ask('d51')
    const { statuses, ...rest } = (await query(search)) as { readonly statuses: readonly object[] }
    expect(rest).toEqual({ success: true, responseTime: expect.any(Number) })
    expect(statuses).toHaveLength(50)
    expect(statuses.slice(0, 2)).toEqual([
      { deviceId: 'd51', status: 'pending', lastRequestedAt: expect.any(Number), lastBuzzedAt: null },
      { deviceId: 'd50', status: 'no_requests' },
    ])
  })

  test('is never kept', async () => {
    expect((await exchange(at(`status?deviceId=${ID}`))).headers).toMatchObject(NO_STORE)
    expect(await query('?deviceId=a/b')).toMatchObject({ status: 'no_requests' })
    expect(await query(`?deviceId=${ID}&deviceId=other`)).toMatchObject({ status: 'no_requests' })
  })
})

describe('POST /api/v1/buzzer/control', () => {
  const control = async (body: unknown) => {
    const { status, json } = await post('control', body)
    return [status, json]
  }

  test('on asks for a beep, and tells of it', async () => {
    const told: number[] = []
    running.events.on('buzzer:requested', ({ request }) => told.push(request.id))
    const [status, body] = await control({ deviceId: ID, status: true })
    expect([status, body]).toEqual([
      200,
      { success: true, message: 'Buzzer activated', requestId: expect.any(Number) },
    ])
    expect(told).toEqual([(body as { readonly requestId: number }).requestId])
    expect((await poll()).json).toEqual({ status: 'pending', requestId: String(told[0]) })
  })

  test('off takes back what is pending, and may be said again', async () => {
    const requestId = await ask()
    const off = [200, { success: true, message: 'Buzzer deactivated', requestId }]
    expect(await control({ deviceId: ID, status: false })).toEqual(off)
    expect(await control({ deviceId: ID, status: false })).toEqual(off)
    expect((await poll()).text).toBe('{"status":"no_requests"}')
    expect(await control({ deviceId: 'quiet', status: false })).toMatchObject([200, { requestId: 0 }])
  })

  const BAD = 'Invalid request parameters. deviceId (string) and status (boolean) are required'
  test.each([
    ['a status of text', { deviceId: ID, status: 'true' }, BAD],
    ['a status of 1', { deviceId: ID, status: 1 }, BAD],
    ['no id', { status: true }, BAD],
    ['an id that is a number', { deviceId: 5, status: true }, BAD],
    ['no body', '', BAD],
    ['an array', [], BAD],
    ['null', 'null', 'Invalid request body'],
    ['text', '"x"', 'Invalid request body'],
    ['a number', '5', 'Invalid request body'],
    ['an id over 100 characters', { deviceId: 'c'.repeat(101), status: true }, expect.any(String)],
  ])('refuses %s', async (_what, body, error) => {
    expect(await control(body)).toEqual([400, { success: false, error }])
  })
})

test('POST /api/v1/buzzer/ping is a request like the others, with its event', async () => {
  const told: number[] = []
  running.events.on('buzzer:requested', ({ request }) => told.push(request.id))
  const answer = await post('ping', { deviceId: 'ping-1' })
  expect([answer.status, answer.json]).toEqual([
    200,
    { success: true, message: 'Ping request received', requestId: told[0] },
  ])
  expect((await poll('ping-1')).json).toEqual({ status: 'pending', requestId: String(told[0]) })
})

test('a store that is away makes a 503 of what memory cannot answer, and polls go on', async () => {
  await running.stop()
  const away = async (): Promise<never> => {
    throw new BridgeError('STORE_UNAVAILABLE', 'secret detail of the buzzer store')
  }
  const buzzer = {
    ...createMemoryBuzzer(),
    reserveIds: away,
    get: away,
    newest: away,
    pending: away,
    upsert: away,
  }
  running = await startBridgedFacade({ buzzer })
  const failed = (error: string) => ({
    success: false,
    error,
    details: 'The database is not available at the moment',
    responseTime: expect.any(Number),
  })
  const answers = [await post('request', { deviceId: ID }), await complete(5)]
  expect(answers.map(({ status }) => status)).toEqual([503, 503])
  expect(answers.map(({ json }) => json)).toEqual([
    failed('Failed to create buzzer request'),
    failed('Failed to complete buzzer request'),
  ])
  expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(['5', '5'])
  expect((await post('ping', { deviceId: ID })).status).toBe(503)
  expect((await exchange(at(`status?deviceId=${ID}`))).status).toBe(503)
  expect((await poll()).text).toBe('{"status":"no_requests"}')
})
