import { once } from 'node:events'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { deviceId, NOW, outage, type RunningFacade, startFacade } from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

const PATH = '/api/v1/ingest/sensor-data'
const MISSING = {
  success: false,
  error: 'Missing required field: deviceId',
  responseTime: expect.any(Number),
}
const AT = '2026-11-23T03:01:19.902Z'
/** What the ESP32's HTTP client sends. */
const SKETCH = { 'User-Agent': 'ESP32HTTPClient', 'Accept-Encoding': 'identity;q=1,chunked;q=0.1,*;q=0' }
const MAX_BODY_BYTES = 100_000

let running: RunningFacade
let url: string
beforeEach(async () => {
  running = await startFacade({ maxBodyBytes: MAX_BODY_BYTES })
  url = running.url + PATH
})
afterEach(() => running.facade.stop())

const storedOf = (id: string) => running.world.stored.get(deviceId(id)) ?? []

describe('a reading over REST', () => {
  test('in the form of the sensor sketch is answered as the older backend did, with an epoch time', async () => {
    const sent = { temperature: 25.29999924, humidity: 60, distance: 12.68199921, lightLevel: 1023 }
    const answer = await postJson(url, { deviceId: 'esp32-multi-sensor-1', timestamp: 4210, ...sent }, SKETCH)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      expires: '0',
      etag: expect.stringMatching(/^W\/"[0-9a-f]+-.{27}"$/),
      'content-length': String(answer.bytes.length),
    })
    const { responseTime, ...body } = answer.json as { responseTime: number }
    expect(Number.isInteger(responseTime)).toBe(true)
    const receipt = { id: 1, deviceId: 'esp32-multi-sensor-1', timestamp: NOW, ...sent }
    expect(body).toEqual({
      success: true,
      message: 'Data received',
      data: { ...receipt, updatedAt: AT, createdAt: AT },
    })
    expect(storedOf('esp32-multi-sensor-1')).toMatchObject([{ ...sent, uptimeMs: 4210, receivedAt: NOW }])
  })

  test('echoes null as null and leaves out what was not sent', async () => {
    const nulls = await postJson(url, { deviceId: 'a', temperature: null, humidity: null, distance: 0 })
    expect(nulls.json).toMatchObject({ data: { temperature: null, humidity: null, distance: 0 } })
    expect(nulls.text).not.toContain('lightLevel')
    const bare = await postJson(url, { deviceId: 'a' })
    expect(Object.keys((bare.json as { data: object }).data)).toEqual([
      'id',
      'deviceId',
      'timestamp',
      'updatedAt',
      'createdAt',
    ])
  })

  test('keeps what the older backend lost, and a believable epoch timestamp', async () => {
    const body = { deviceId: 'a', timestamp: 1718707200001, pressure: 1013.2, co2Level: 400, foo: 'bar' }
    const answer = await postJson(url, body)
    expect(answer.json).toMatchObject({ data: { timestamp: 1718707200001 } })
    expect(storedOf('a')).toMatchObject([{ pressure: 1013.2, co2Level: 400, custom: { foo: 'bar' } }])
  })

  test('sent as text comes back as the numbers that are stored', async () => {
    const answer = await postJson(url, { deviceId: 'a', temperature: '25.3', lightLevel: '7' })
    expect(answer.json).toMatchObject({ data: { temperature: 25.3, lightLevel: 7 } })
  })

  test('may name its device by id, as the shipped sketch does', async () => {
    expect((await postJson(url, { id: 'sketch', temperature: 1 })).status).toBe(200)
    expect(storedOf('sketch')).toHaveLength(1)
  })

  test('is answered only when it is durable', async () => {
    let commit = (): void => undefined
    running.world.gate = new Promise((resolve) => {
      commit = resolve
    })
    const arrived = once(running.facade.server, 'request')
    let answered = false
    const answer = postJson(url, { deviceId: 'a' }).then((got) => {
      answered = true
      return got
    })
    await arrived
    // Another exchange on the same server ends while the first is still held.
    expect((await exchange(`${running.url}/health`)).status).toBe(200)
    expect(answered).toBe(false)
    commit()
    expect((await answer).status).toBe(200)
  })

  test('with the keys __proto__ and constructor is data like any other', async () => {
    const answer = await postJson(url, '{"deviceId":"a","__proto__":{"x":1},"constructor":{"prototype":2}}')
    expect(answer.status).toBe(200)
    expect(Object.keys(storedOf('a')[0]?.custom ?? {})).toEqual(['__proto__', 'constructor'])
  })
})

describe('a body that names no device', () => {
  test.each(['null', '"x"', '5', '{}', '[]', '', '{"temperature":1}'])('%j is a 400', async (body) => {
    const answer = await postJson(url, body)
    expect([answer.status, answer.json]).toEqual([400, MISSING])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'image/jpeg'])(
    'is what any body of type %s counts as',
    async (type) => {
      const body = '{"deviceId":"x","temperature":1}'
      const answer = await exchange(url, { method: 'POST', headers: { 'Content-Type': type }, body })
      expect([answer.status, answer.json]).toEqual([400, MISSING])
    },
  )

  test('is what no body counts as', async () => {
    const answer = await exchange(url, { method: 'POST' })
    expect([answer.status, answer.json]).toEqual([400, MISSING])
  })
})

describe('a bad value', () => {
  test.each([
    '{"deviceId":"a","temperature":"hot"}',
    '{"deviceId":"a","timestamp":"2025-06-18T10:40:00Z","temperature":1}',
    '{"deviceId":"a","temperature":1e999}',
    `{"deviceId":"${'s'.repeat(101)}","temperature":1}`,
    '{"deviceId":{"a":1},"temperature":1}',
  ])('%s is a 400 that stores nothing and needs no retry', async (body) => {
    const answer = await postJson(url, body)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ success: false, error: expect.any(String) })
    expect(answer.headers).not.toHaveProperty('retry-after')
    expect(running.world.stored.size).toBe(0)
    expect(running.world.logged).toEqual([])
  })
})

describe('readings in an array', () => {
  test('of several devices are all stored, with a receipt for each device', async () => {
    const answer = await postJson(url, [
      { deviceId: 'a', temperature: 1 },
      { id: 'b', temperature: 2 },
      { deviceId: 'a', temperature: 3 },
    ])
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toContain('no-store')
    expect(answer.json).toEqual({
      success: true,
      message: 'Data received',
      data: [
        { id: 1, deviceId: 'a', count: 2, createdAt: AT },
        { id: 3, deviceId: 'b', count: 1, createdAt: AT },
      ],
      count: 3,
      responseTime: expect.any(Number),
    })
    expect(storedOf('a').map((reading) => reading.temperature)).toEqual([1, 3])
  })

  test('are refused device by device: the answer names them and counts what is stored', async () => {
    const answer = await postJson(url, [{ id: 'a' }, { id: 'b', temperature: {} }, { id: 'a' }])
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({
      success: false,
      error: expect.stringContaining('device b: '),
      stored: 2,
      refused: [{ deviceId: 'b', error: expect.stringContaining('temperature') }],
    })
    expect(storedOf('a')).toHaveLength(2)
    expect(storedOf('b')).toHaveLength(0)
  })

  test('meet an outage half way: 503 with Retry-After, and what is stored is counted', async () => {
    running.world.fault = outage('SPOOL_FULL')
    running.world.faultOf = deviceId('b')
    const answer = await postJson(url, [{ id: 'a' }, { id: 'b' }])
    expect(answer.status).toBe(503)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.json).toMatchObject({ success: false, stored: 1, refused: [{ deviceId: 'b' }] })
  })

  test('without a device in one of them are refused as a whole', async () => {
    const answer = await postJson(url, [{ id: 'a' }, { temperature: 1 }])
    expect(answer.json).toMatchObject({ error: 'reading 1: Missing required field: deviceId' })
    expect(running.world.stored.size).toBe(0)
  })

  test('are at most 1,000', async () => {
    const many = Array.from({ length: 1001 }, () => ({ id: 'a' }))
    expect((await postJson(url, many)).status).toBe(400)
    expect((await postJson(url, many.slice(1))).json).toMatchObject({ count: 1000 })
  })
})

describe('a spool that takes nothing in', () => {
  test.each(['SPOOL_FULL', 'SPOOL_BROKEN', 'STOPPING'] as const)(
    '%s is a 503 with Retry-After, not logged for every request, and says nothing of the inside',
    async (code) => {
      running.world.fault = outage(code)
      const answer = await postJson(url, { deviceId: 'a' })
      expect(answer.status).toBe(503)
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(answer.json).toMatchObject({ success: false, error: expect.any(String) })
      expect(answer.text).not.toContain('secret')
      expect(running.world.logged).toEqual([])
    },
  )
})

describe('a packed body', () => {
  const body = JSON.stringify({ deviceId: 'gz-1', temperature: 20 })

  test.each([
    ['gzip', gzipSync(body)],
    ['GZIP', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['identity', Buffer.from(body)],
  ])('in %s is unpacked', async (coding, packed) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': coding }
    expect((await exchange(url, { method: 'POST', headers, body: packed })).status).toBe(200)
    expect(storedOf('gz-1')).toMatchObject([{ temperature: 20 }])
  })

  test('that unpacks to more than the limit is a 413', async () => {
    const bomb = gzipSync(JSON.stringify({ deviceId: 'a', note: 'x'.repeat(MAX_BODY_BYTES) }))
    expect(bomb.length).toBeLessThan(MAX_BODY_BYTES / 100)
    const answer = await exchange(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: bomb,
    })
    expect(answer.status).toBe(413)
    expect(answer.json).toMatchObject({ success: false, error: 'Payload Too Large' })
  })

  test.each([
    ['gzip', 400],
    ['br', 415],
    ['constructor', 415],
  ])('that is not what it says (%s) is a %d', async (coding, status) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': coding }
    const answer = await exchange(url, { method: 'POST', headers, body: 'not packed' })
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject({ success: false })
  })
})

describe('a body that cannot be read', () => {
  test.each(['{"deviceId":', '{deviceId:1}', '\u0000'])('%j is a 400', async (body) => {
    const answer = await postJson(url, body)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ success: false, error: 'The request body is not valid JSON' })
  })

  test('because it is not UTF-8 is a 400, in another charset a 415', async () => {
    const latin1 = Buffer.from('{"deviceId":"Küche"}', 'latin1')
    const json = { 'Content-Type': 'application/json' }
    expect((await exchange(url, { method: 'POST', headers: json, body: latin1 })).status).toBe(400)
    const other = { 'Content-Type': 'application/json; charset=foo' }
    expect((await exchange(url, { method: 'POST', headers: other, body: '{}' })).status).toBe(415)
  })

  test('because it is too large is a 413, and at the limit it is read', async () => {
    const bodyOf = (bytes: number): string => {
      const bare = JSON.stringify({ deviceId: 'a', note: '' }).length
      return JSON.stringify({ deviceId: 'a', note: 'x'.repeat(bytes - bare) })
    }
    expect((await postJson(url, bodyOf(MAX_BODY_BYTES))).status).toBe(200)
    expect((await postJson(url, bodyOf(MAX_BODY_BYTES + 1))).status).toBe(413)
  })
})
