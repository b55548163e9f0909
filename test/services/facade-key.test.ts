/** Who must show the API key, asked of every route that the running server says it has. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { type Exchange, exchange } from '../support/http-exchange.ts'

const KEY = 'k-1-secret'
const BOARD_ROUTES = [
  'POST /api/v1/devices/register',
  'POST /api/v1/devices/heartbeat',
  'POST /api/v1/ingest/sensor-data',
  'GET /api/v1/buzzer/status/7',
  'PATCH /api/v1/buzzer/complete/7',
  'POST /api/v1/stream/fast',
  'POST /api/v1/stream/stream',
]
const FILES = ['GET /data/a_1795402901178.jpg', 'GET /data', 'GET /recordings/rec_1795402901178.mp4']
const OPEN = ['GET /health', 'GET /metrics', 'GET /docs']

type Server = Awaited<ReturnType<typeof startBridgedFacade>>
let closed: Server
let legacyOpen: Server
let api: readonly string[]

const recordings = {
  folder: '/nowhere',
  list: async () => [],
  remove: async () => false,
  record: async () => ({ ok: false, reason: 'too-few-frames', detail: 'none' }) as const,
}

beforeAll(async () => {
  closed = await startBridgedFacade({ options: { apiKey: KEY }, deps: { recordings } })
  legacyOpen = await startBridgedFacade({ options: { apiKey: KEY, legacyOpen: true }, deps: { recordings } })
  const document = await exchange(`${closed.url}/api/v1/openapi.json`, { headers: { 'X-API-Key': KEY } })
  const { paths } = document.json as { paths: Record<string, object> }
  api = Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/v1/'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '7')}`),
    )
})
afterAll(() => Promise.all([closed.stop(), legacyOpen.stop()]))

const ask = ({ url }: Server, route: string, headers = {}, query = ''): Promise<Exchange> => {
  const [method = '', path = ''] = route.split(' ')
  return exchange(url + path + query, { method, headers })
}

describe('with a key set', () => {
  test('every route of the API and every file demands it, by header or query', async () => {
    for (const route of [...api, ...FILES]) {
      const without = await ask(closed, route)
      expect([route, without.status, without.json]).toEqual([
        route,
        401,
        { success: false, error: expect.stringContaining('X-API-Key') },
      ])
      for (const { status } of [
        await ask(closed, route, { 'X-API-Key': KEY }),
        await ask(closed, route, {}, `?apiKey=${KEY}`),
      ])
        expect([route, status === 401]).toEqual([route, false])
    }
  })

  test('a wrong one is refused and never told back', async () => {
    for (const headers of [{ 'X-API-Key': 'k-1' }, { 'X-API-Key': `${KEY} x` }, { 'X-API-Key': '' }]) {
      const { status, text } = await ask(closed, 'GET /api/v1/devices', headers)
      expect([status, JSON.parse(text)]).toEqual([401, { success: false, error: 'Wrong API key' }])
      expect(text).not.toContain('k-1')
    }
    expect((await ask(closed, 'GET /api/v1/nowhere', {}, `?apiKey=${KEY}`)).text).not.toContain(KEY)
  })

  test('another letter case or a trailing slash is no way around it', async () => {
    for (const route of [
      'GET /API/V1/Devices',
      'GET /api/v1/devices/',
      'HEAD /api/v1/devices',
      'GET /DATA/x.jpg',
    ])
      expect([route, (await ask(closed, route)).status]).toEqual([route, 401])
  })

  test('health, metrics and the page of the API stay open, and so do preflights', async () => {
    for (const route of [...OPEN, 'OPTIONS /api/v1/devices', 'OPTIONS /data/x'])
      expect([route, (await ask(closed, route)).status < 300]).toEqual([route, true])
  })
})

describe('with LEGACY_OPEN', () => {
  test('exactly the routes of boards are open to those without the key', async () => {
    const open: string[] = []
    for (const route of [...api, ...FILES])
      if ((await ask(legacyOpen, route)).status !== 401) open.push(route)
    expect(open.toSorted()).toEqual(BOARD_ROUTES.toSorted())
  })
})
