/** What holds for every answer (contract, section 2), asked of every route that the running server says it has. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type BridgedFacade, startBridgedFacade } from '../support/bridged-facade.ts'
import { type Exchange, exchange, type Request } from '../support/http-exchange.ts'

const MAX_BODY_BYTES = 100_000
const JSON_TYPE = { 'Content-Type': 'application/json' }
const SECURITY = {
  'access-control-allow-origin': '*',
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=15552000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
}
/** Each takes a request without a body, is slow or a stream, or asks first who it is. */
const NO_JSON_BODY = [
  '/api/v1/auth/token',
  '/api/v1/stream/fast',
  '/api/v1/stream/stream',
  '/api/v1/recognition/add-permitted-face',
]

interface Route {
  readonly method: string
  readonly path: string
}

let facade: BridgedFacade
let routes: readonly Route[]
const ask = (path: string, request: Request = {}): Promise<Exchange> => exchange(facade.url + path, request)
const of = (method: string): readonly Route[] => routes.filter((route) => route.method === method)
const withJson = (): readonly Route[] =>
  [...of('POST'), ...of('PATCH')].filter(({ path }) => !NO_JSON_BODY.includes(path))

/** Words in capitals; the name of a file is not for everybody to spell. */
const otherCase = (path: string): string => path.replace(/[a-z]+(?=\/|$)/g, (word) => word.toUpperCase())

const readRoutes = async (): Promise<readonly Route[]> => {
  const { paths } = (await ask('/api/v1/openapi.json')).json as { paths: Record<string, object> }
  // Files have tests of their own: what is there is not answered in any letter case.
  const entries = Object.entries(paths).filter(([path]) => !/^\/(data|recordings)\//.test(path))
  return entries.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{filename}', 'rec_1.mp4').replace(/\{\w+\}/g, '7'),
    })),
  )
}

beforeAll(async () => {
  facade = await startBridgedFacade({
    options: { maxBodyBytes: MAX_BODY_BYTES },
    deps: {
      recordings: {
        folder: '/nowhere',
        list: async () => [],
        remove: async () => false,
        record: async () => ({ ok: false, reason: 'too-few-frames', detail: 'none' }),
      },
      recognition: {
        look: () => undefined,
        onComplete: () => () => undefined,
        addFace: async () => ({ ok: false, reason: 'disabled', detail: 'off' }),
      },
    },
  })
  routes = await readRoutes()
})
afterAll(() => facade.stop())

const expectRefusal = (answer: Exchange, status: number, name: string): void => {
  expect([name, answer.status, answer.headers['content-type']]).toEqual([
    name,
    status,
    'application/json; charset=utf-8',
  ])
  expect([name, answer.json]).toEqual([
    name,
    expect.objectContaining({ success: false, error: expect.any(String) }),
  ])
  expect(answer.headers['content-length']).toBe(String(answer.bytes.length))
}

describe('every route', () => {
  test('is known: the older backend had 21 under /api/v1', () => {
    expect(routes.filter(({ path }) => path.startsWith('/api/v1')).length).toBeGreaterThanOrEqual(21)
  })

  test('answers in any letter case and with a trailing slash alike', async () => {
    for (const { method, path } of routes) {
      const [plain, upper, slash] = [path, otherCase(path), `${path}/`].map((asked) => ask(asked, { method }))
      const seen = (await Promise.all([plain, upper, slash])).map((answer) => answer?.status)
      expect([method, path, seen]).toEqual([method, path, [seen[0], seen[0], seen[0]]])
      expect((await plain)?.text).not.toMatch(/"Cannot [A-Z]+ /)
    }
  })

  test('carries the security headers and lets any origin read, whatever it answers', async () => {
    for (const { method, path } of [
      ...routes,
      { method: 'GET', path: '/' },
      { method: 'PUT', path: '/nope' },
    ]) {
      const { headers } = await ask(path, { method })
      expect([path, headers]).toEqual([path, expect.objectContaining(SECURITY)])
      expect([path, headers['cross-origin-resource-policy']]).toEqual([
        path,
        expect.stringMatching(/^(same|cross)-origin$/),
      ])
      for (const none of ['x-powered-by', 'server', 'access-control-allow-credentials'])
        expect([path, headers[none]]).toEqual([path, undefined])
    }
  })

  test('answers OPTIONS as a preflight', async () => {
    for (const { path } of [...routes, { path: '/' }, { path: '/no/where' }, { path: '/data/x' }]) {
      const { status, text, headers } = await ask(path, { method: 'OPTIONS' })
      expect([path, status, text]).toEqual([path, 204, ''])
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
        'content-length': '0',
      })
      expect(headers).not.toHaveProperty('x-frame-options')
    }
  })

  test('is a JSON 404 with another method', async () => {
    for (const { path } of routes) {
      for (const method of ['PUT', 'TRACE', 'PROPFIND'])
        expectRefusal(await ask(path, { method }), 404, `${method} ${path}`)
    }
  })
})

test('HEAD of every GET route has its status and headers and no body', async () => {
  for (const { path } of of('GET')) {
    const [head, get] = await Promise.all([ask(path, { method: 'HEAD' }), ask(path)])
    expect([path, head.status, head.text]).toEqual([path, get.status, ''])
    expect([path, head.headers['content-type']]).toEqual([path, get.headers['content-type']])
    expect([path, head.headers['content-length'] === undefined]).toEqual([
      path,
      get.headers['content-length'] === undefined,
    ])
  }
})

describe('a JSON body', () => {
  const refused: readonly (readonly [string, number, Request])[] = [
    ['cut short', 400, { headers: JSON_TYPE, body: '{"deviceId":' }],
    ['that is no UTF-8', 400, { headers: JSON_TYPE, body: Buffer.from([0x22, 0xff, 0x22]) }],
    [
      'in another charset',
      415,
      { headers: { 'Content-Type': 'application/json; charset=utf-16' }, body: '{}' },
    ],
    ['in an unknown coding', 415, { headers: { ...JSON_TYPE, 'Content-Encoding': 'br' }, body: '{}' }],
    ['in two codings', 415, { headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip, gzip' }, body: '{}' }],
    [
      'that is not what its coding says',
      400,
      { headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, body: '{}' },
    ],
    ['too large', 413, { headers: JSON_TYPE, body: `"${'x'.repeat(MAX_BODY_BYTES)}"` }],
    [
      'too large once it is unpacked',
      413,
      {
        headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
        body: gzipSync(`"${'x'.repeat(MAX_BODY_BYTES)}"`),
      },
    ],
  ]

  test.each(refused)('%s is a %i of every route that reads one', async (name, status, request) => {
    for (const { method, path } of withJson())
      expectRefusal(await ask(path, { method, ...request }), status, `${name}: ${method} ${path}`)
  })

  test('of null is a 400 of every route that needs one, and the process lives', async () => {
    for (const { method, path } of withJson()) {
      const answer = await ask(path, { method, headers: JSON_TYPE, body: 'null' })
      // These two need none: the board's clock is not believed, and the camera may be left to the server.
      const expected = path.includes('/complete/') ? 404 : path.endsWith('/record') ? 200 : 400
      expect([path, answer.status]).toEqual([path, expected])
      expect((answer.json as { success: unknown }).success).toBe(false)
    }
  })

  test.each(['"x"', '5', '[]', 'true', ''])('of %j is never a 500', async (body) => {
    for (const { method, path } of withJson()) {
      const { status } = await ask(path, { method, headers: JSON_TYPE, body })
      expect([path, status < 500]).toEqual([path, true])
    }
  })

  test('of another type is ignored: the handler sees none', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/vnd.api+json', '']) {
      const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type }
      const request = { method: 'POST', headers, body: 'deviceId=a' }
      const { status, json } = await ask('/api/v1/ingest/sensor-data', request)
      expect([type, status, json]).toMatchObject([type, 400, { error: 'Missing required field: deviceId' }])
    }
  })
})

test.each(['//api/v1/devices', '/api//v1/devices', '/', '/index.html', '/api/v1', '/api/v2/devices'])(
  'nobody is at %s: a JSON 404',
  async (path) => {
    expectRefusal(await ask(path), 404, path)
  },
)

test.each(['x;;', 'garbage', '/json', 'a/b/c'])(
  'a body whose content type is no media type (%s) is ignored, as any that is not JSON',
  async (type) => {
    const request = { method: 'POST', headers: { 'Content-Type': type }, body: '{"deviceId":"a"}' }
    const { status, json } = await ask('/api/v1/ingest/sensor-data', request)
    expect([status, json]).toMatchObject([400, { error: 'Missing required field: deviceId' }])
  },
)
