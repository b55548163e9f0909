import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
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
const ask = async (deviceId = ID): Promise<number> =>
  ((await post('request', { deviceId })).json as { readonly id: number }).id

beforeEach(async () => {
  running = await startBridgedFacade()
})
afterEach(() => running.stop())

describe('GET /api/v1/buzzer/status/:deviceId', () => {
  test('answers exactly what the sketch reads, and the id as text', async () => {
    const nothing = await poll()
    expect([nothing.status, nothing.text]).toEqual([200, '{"status":"no_requests"}'])
    expect(nothing.headers).toMatchObject({
      ...NO_STORE,
      'content-type': 'application/json; charset=utf-8',
      'content-length': '24',
      etag: expect.stringMatching(/^W\//),
    })
    expect(nothing.headers['content-encoding']).toBeUndefined()
    const id = await ask()
    expect((await poll()).text).toBe(`{"status":"pending","requestId":"${id}"}`)
    expect((await poll()).text).toBe(`{"status":"pending","requestId":"${id}"}`)
  })

  test('answers 304 to whoever has this answer', async () => {
    const { headers } = await poll()
    const again = await poll(ID, { 'If-None-Match': headers.etag ?? '' })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test.each(['never-seen', 'a%2Fb', '%24SYS', '..%2F..%2Fetc', '%00'])(
    'knows of no request for %s',
    async (id) => {
      const answer = await poll(id)
      expect([answer.status, answer.text]).toEqual([200, '{"status":"no_requests"}'])
    },
  )

  test('is a sign of life of a known device, and makes none known', async () => {
    const devices = async () => (await exchange(`${running.url}/api/v1/devices`)).json
    await postJson(`${running.url}/api/v1/devices/register`, { id: ID, name: 'n', type: 't' })
    running.time.pass(121_000)
    expect(await devices()).toMatchObject({ devices: [{ deviceId: ID, status: 'offline' }] })
    await poll()
    await poll('never-seen')
    expect(await devices()).toEqual({
      success: true,
      devices: [expect.objectContaining({ deviceId: ID, status: 'online' })],
    })
  })

  test('shows an answer without a request between two different ones', async () => {
    const first = await ask()
    await poll()
    await complete(first)
    const second = await ask()
    const shown = [await poll(), await poll()].map(({ json }) => json)
    expect(shown).toEqual([{ status: 'no_requests' }, { status: 'pending', requestId: String(second) }])
  })
})

describe('PATCH /api/v1/buzzer/complete/:id', () => {
  test('done twice is done once: 200 both times, one event, one time', async () => {
    const told: (number | null)[] = []
    running.events.on('buzzer:completed', ({ request }) => told.push(request.buzzedAt))
    const id = await ask()
    await poll()
    const answers = [await complete(id), await complete(id), await complete(id, '')]
    for (const answer of answers) {
      expect([answer.status, answer.json]).toEqual([
        200,
        { success: true, message: 'Buzzer request completed', responseTime: expect.any(Number) },
      ])
      expect(answer.headers).toMatchObject(NO_STORE)
    }
    expect(told).toEqual([expect.any(Number)])
    // The uptime in the body is not believed.
    expect(told[0]).toBeGreaterThan(1e12)
    expect((await poll()).text).toBe('{"status":"no_requests"}')
  })

  test.each(['999999', 'abc', '1abc', 'null', '-1', '1.5', '0x10', '9'.repeat(30)])(
    'knows no request %s',
    async (id) => {
      const answer = await complete(id)
      expect([answer.status, answer.json]).toEqual([
        404,
        {
          success: false,
          error: 'Failed to complete buzzer request',
          details: 'Buzzer request not found',
          responseTime: expect.any(Number),
        },
      ])
    },
  )

  test('is no POST', async () => {
    expect((await post('complete/1', {})).status).toBe(404)
  })
})
