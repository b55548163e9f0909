import { connect } from 'node:net'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { FacadeOptions } from '../../src/facade/index.ts'
import { device, type RunningFacade, startFacade } from '../support/facade-services.ts'
import { exchange, postJson, type Request } from '../support/http-exchange.ts'

let running: RunningFacade
const start = async (options: Partial<FacadeOptions> = {}) => {
  running = await startFacade(options)
}
const ask = (path: string, request: Request = {}) => exchange(running.url + path, request)
afterEach(() => running.facade.stop())

const addDevices = (count: number) => {
  for (let i = 0; i < count; i++) running.world.devices.push(device(`device-${i}`))
}

describe('every answer', () => {
  test('carries the security and CORS headers of the older backend, and no other program name', async () => {
    await start()
    for (const path of ['/api/v1/devices', '/health', '/nope', '/api/v1/sensor-data']) {
      const { headers } = await ask(path)
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'origin-agent-cluster': '?1',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=15552000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-dns-prefetch-control': 'off',
        'x-download-options': 'noopen',
        'x-frame-options': 'SAMEORIGIN',
        'x-permitted-cross-domain-policies': 'none',
        'x-xss-protection': '0',
        'content-type': 'application/json; charset=utf-8',
        vary: 'Accept-Encoding',
      })
      expect(headers).not.toHaveProperty('x-powered-by')
      expect(headers).not.toHaveProperty('access-control-allow-credentials')
      expect(headers).not.toHaveProperty('content-security-policy')
    }
  })

  test('says that the connection is kept for 65 s', async () => {
    await start()
    const { headers } = await ask('/health', { headers: { Connection: 'keep-alive' } })
    expect(headers['keep-alive']).toBe('timeout=65')
    expect(running.facade.server.headersTimeout).toBe(66_000)
  })
})

describe('a path', () => {
  test.each(['/API/V1/Devices', '/api/v1/devices/', '/api/v1/DEVICES?x=1'])(
    '%s is devices too',
    async (path) => {
      await start()
      expect((await ask(path)).json).toEqual({ success: true, devices: [] })
    },
  )

  test.each([
    ['GET', '/nope?apiKey=secret', 'Cannot GET /nope'],
    ['DELETE', '/api/v1/devices', 'Cannot DELETE /api/v1/devices'],
    ['GET', '/api/v1/ingest/sensor-data', 'Cannot GET /api/v1/ingest/sensor-data'],
  ])('nobody answers (%s %s) is a JSON 404', async (method, path, error) => {
    await start()
    const answer = await ask(path, { method })
    expect([answer.status, answer.json]).toEqual([404, { success: false, error }])
  })

  test('that cannot be decoded is a 400', async () => {
    await start()
    const answer = await ask('/%zz')
    expect([answer.status, answer.json]).toEqual([400, { success: false, error: 'Bad Request' }])
  })

  test('in bytes that are no HTTP is a 400 and ends the connection', async () => {
    await start()
    const { port } = new URL(running.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('what is this\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"success":false/s)
  })
})

describe('OPTIONS', () => {
  test.each(['/api/v1/devices', '/nowhere', '/'])('on %s is a preflight', async (path) => {
    await start({ apiKey: 'k' })
    const answer = await ask(path, { method: 'OPTIONS' })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
      vary: 'Access-Control-Request-Headers',
      'content-length': '0',
    })
    expect(answer.headers).not.toHaveProperty('access-control-max-age')
  })

  test('echoes the headers that are asked for', async () => {
    await start()
    const headers = {
      Origin: 'http://localhost:8081',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type,x-api-key',
    }
    const answer = await ask('/api/v1/ingest/sensor-data', { method: 'OPTIONS', headers })
    expect(answer.headers['access-control-allow-headers']).toBe('content-type,x-api-key')
  })
})

describe('a conditional GET', () => {
  const RECORDED = 'W/"1d-gPcR9OAw3uimilIon7QQyCiIzX0"'

  test('finds the ETag that the older backend gave the same body, and gets a 304', async () => {
    await start()
    expect((await ask('/api/v1/devices')).headers.etag).toBe(RECORDED)
    const answer = await ask('/api/v1/devices', { headers: { 'If-None-Match': RECORDED } })
    expect([answer.status, answer.text]).toEqual([304, ''])
    expect(answer.headers.etag).toBe(RECORDED)
    for (const name of ['vary', 'content-type', 'content-length'])
      expect(answer.headers).not.toHaveProperty(name)
  })

  test('of what changed is a 200', async () => {
    await start()
    addDevices(1)
    expect((await ask('/api/v1/devices', { headers: { 'If-None-Match': RECORDED } })).status).toBe(200)
  })

  test('is no POST and no error: those are answered in full', async () => {
    await start()
    const ifAny = { 'If-None-Match': '*' }
    expect((await ask('/nope', { headers: ifAny })).status).toBe(404)
    expect((await postJson(`${running.url}/api/v1/ingest/sensor-data`, { id: 'a' }, ifAny)).status).toBe(200)
  })

  test('has the ETag of the plain body whatever coding is sent', async () => {
    await start()
    addDevices(20)
    const plain = await ask('/api/v1/devices')
    const packed = await ask('/api/v1/devices', { headers: { 'Accept-Encoding': 'br' } })
    expect(packed.headers['content-encoding']).toBe('br')
    expect(packed.headers.etag).toBe(plain.headers.etag)
  })
})

describe('compression', () => {
  const unpackers = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync } as const

  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.1, gzip;q=0.9', 'gzip'],
  ] as const)('of a large answer for "%s" is %s', async (accepted, coding) => {
    await start()
    addDevices(20)
    const plain = await ask('/api/v1/devices')
    const packed = await ask('/api/v1/devices', { headers: { 'Accept-Encoding': accepted } })
    expect(packed.headers['content-encoding']).toBe(coding)
    expect(unpackers[coding](packed.bytes).toString()).toBe(plain.text)
    expect(packed.headers.vary).toBe('Accept-Encoding')
  })

  test.each(['identity;q=1,chunked;q=0.1,*;q=0', 'identity', '', 'gzip;q=0', 'gzip;q=0.5, identity'])(
    'does not happen for "%s", and the length is told',
    async (accepted) => {
      await start()
      addDevices(20)
      const answer = await ask('/api/v1/devices', { headers: { 'Accept-Encoding': accepted } })
      expect(answer.headers).not.toHaveProperty('content-encoding')
      expect(answer.headers['content-length']).toBe(String(answer.bytes.length))
      expect(answer.bytes.length).toBeGreaterThan(1024)
    },
  )

  test('does not happen below 1,024 bytes', async () => {
    await start()
    addDevices(3)
    const answer = await ask('/api/v1/devices', { headers: { 'Accept-Encoding': 'gzip' } })
    expect(answer.bytes.length).toBeLessThan(1024)
    expect(answer.headers).not.toHaveProperty('content-encoding')
  })
})

test('HEAD is GET without the body', async () => {
  await start()
  const [head, get] = await Promise.all([ask('/api/v1/devices', { method: 'HEAD' }), ask('/api/v1/devices')])
  expect([head.status, head.text]).toEqual([200, ''])
  expect(head.headers.etag).toBe(get.headers.etag)
  expect(head.headers['content-length']).toBe(get.headers['content-length'])
})

describe('an unexpected error', () => {
  test.each([
    ['production', false],
    ['test', false],
    ['development', true],
  ] as const)('in %s is a 500, logged once; its text is shown: %s', async (nodeEnv, shown) => {
    await start({ nodeEnv })
    running.world.fault = new Error('the inside')
    const answer = await ask('/api/v1/devices?apiKey=secret')
    expect(answer.status).toBe(500)
    const body = { success: false, error: 'Internal server error', timestamp: expect.any(Number) }
    expect(answer.json).toEqual(shown ? { ...body, details: 'the inside' } : body)
    expect(running.world.logged).toHaveLength(1)
    expect(running.world.logged[0]?.details).toMatchObject({
      err: running.world.fault,
      route: '/api/v1/devices',
    })
    expect(JSON.stringify(running.world.logged)).not.toContain('secret')
  })
})

describe('the API key', () => {
  const withKey = { 'X-API-Key': 'k-1' }

  test('is not asked for when none is set', async () => {
    await start()
    expect((await ask('/api/v1/devices', { headers: withKey })).status).toBe(200)
  })

  test('is taken from the header or the query', async () => {
    await start({ apiKey: 'k-1' })
    expect((await ask('/api/v1/devices', { headers: withKey })).status).toBe(200)
    expect((await ask('/api/v1/devices?apiKey=k-1')).status).toBe(200)
  })

  test.each(['', '?apiKey=', '?apiKey=k-2', '?apiKey=k-1x', '?apiKey=k-1&apiKey=k-1'])(
    'missing or wrong ("%s") is a 401 and nothing is stored',
    async (query) => {
      await start({ apiKey: 'k-1' })
      const answer = await postJson(`${running.url}/api/v1/ingest/sensor-data${query}`, { deviceId: 'a' })
      expect(answer.status).toBe(401)
      expect(answer.json).toMatchObject({ success: false, error: expect.any(String) })
      expect(answer.text).not.toContain('k-1')
      expect(running.world.stored.size).toBe(0)
    },
  )

  test('guards /api/v1, whatever the letter case, and leaves health and metrics open', async () => {
    await start({ apiKey: 'k-1' })
    expect((await ask('/API/v1/DEVICES/')).status).toBe(401)
    expect((await ask('/health')).status).toBe(200)
    expect((await ask('/metrics')).status).toBe(200)
  })
})
