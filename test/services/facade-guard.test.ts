/** Who may call which route: every route there is, asked by every role over a real server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mayCall, type Role } from '../../bridge/index.ts'
import { ROUTE_ACCESS } from '../../src/facade/http/route-access.ts'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { useCleanups } from '../support/cleanups.ts'
import { basic, createFakeDoorkeeper } from '../support/doorkeeper.ts'
import { type Exchange, exchange } from '../support/http-exchange.ts'

type Server = Awaited<ReturnType<typeof startBridgedFacade>>

const recordings = {
  folder: '/nowhere',
  list: async () => [],
  remove: async () => false,
  record: async () => ({ ok: false, reason: 'too-few-frames', detail: 'none' }) as const,
}
const NAMES = { device: 'board-1', dashboard: 'dora', operator: 'otto', admin: 'anna' } as const
const ROLES_BY_NAME = Object.fromEntries(
  Object.entries(NAMES).map(([role, name]) => [name, role as keyof typeof NAMES]),
)
const ROUTES = Object.entries(ROUTE_ACCESS).map(([name, access]) => {
  const [method = '', path = ''] = name.split(' ')
  return {
    name,
    access,
    method,
    path: path.replace('/*', '/').replace('live/:', 'live/nobody').replaceAll('/:', '/board-1'),
  }
})
/** Of a device: what the guard reads the id from, in every place at once. */
const OWN = {
  headers: { 'Device-ID': 'board-1', 'Content-Type': 'application/json' },
  body: JSON.stringify({ deviceId: 'board-1', deviceName: 'n', deviceType: 't' }),
}

const cleanup = useCleanups()
const start = async (options: Parameters<typeof startBridgedFacade>[0] = {}): Promise<Server> =>
  startBridgedFacade({ deps: { recordings, doorkeeper: createFakeDoorkeeper(ROLES_BY_NAME) }, ...options })

let server: Server
beforeAll(async () => {
  server = await start()
})
afterAll(() => server.stop())

const ask = (
  { method, path }: { readonly method: string; readonly path: string },
  headers: Readonly<Record<string, string>>,
): Promise<Exchange> =>
  exchange(server.url + path, {
    method,
    headers: { ...OWN.headers, ...headers },
    ...(method === 'POST' ? { body: OWN.body } : {}),
  })

describe.each(ROUTES)('$name', (route) => {
  const { access } = route
  const expected = (role: Role): boolean => {
    if (access.operation === 'open') return true
    if (access.operation === 'login') return role !== 'device'
    return mayCall({ role, name: 'board-1' }, access.operation, 'board-1')
  }

  test.each(Object.entries(NAMES))('lets a %s in as the table says', async (role, name) => {
    const { status } = await ask(route, basic(name))
    expect(status).not.toBe(401)
    expect(status !== 403).toBe(expected(role as Role))
  })

  test('is a 401 for nobody and for wrong credentials, unless it is open to all', async () => {
    for (const headers of [{}, basic('anna', 'wrong'), basic('nobody'), { Authorization: 'Bearer x' }]) {
      const answer = await ask(route, headers)
      expect(answer.status === 401).toBe(access.operation !== 'open')
      if (access.operation === 'open') continue
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="Sluice"')
      expect(answer.json).toEqual({ success: false, error: expect.any(String) })
    }
  })
})

test('every route that the server has is in the table, and no other', async () => {
  const { json } = await ask({ method: 'GET', path: '/api/v1/openapi.json' }, basic('anna'))
  const { paths } = json as { paths: Record<string, object> }
  const served = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, ':')}`),
  )
  // Not described: the dashboard, the page of the document, and the folders themselves.
  const hidden = ['GET /', 'GET /assets/:', 'GET /docs', 'GET /docs/*', 'GET /data', 'GET /recordings']
  expect([...served, ...hidden].toSorted()).toEqual(Object.keys(ROUTE_ACCESS).toSorted())
})

describe('wrong credentials', () => {
  test('are refused also where none are needed, and right ones are held to their role', async () => {
    const doorkeeper = createFakeDoorkeeper(ROLES_BY_NAME, { anonymous: true })
    const open = await start({ deps: { recordings, doorkeeper } })
    cleanup(open.stop)
    const statusOf = async (headers: Readonly<Record<string, string>>) =>
      (await exchange(`${open.url}/api/v1/devices`, { headers })).status
    expect(await statusOf({})).toBe(200)
    expect(await statusOf({ 'X-API-Key': 'of another server' })).toBe(200)
    expect(await statusOf(basic('dora'))).toBe(200)
    expect(await statusOf(basic('dora', 'wrong'))).toBe(401)
    expect(await statusOf({ Authorization: 'nonsense' })).toBe(401)
    expect(await statusOf(basic('board-1'))).toBe(403)
  })

  test('do not keep the holder of the key out, nor does the key make them right', async () => {
    const keyed = await start({
      options: { apiKey: 'k-1' },
      deps: { recordings, doorkeeper: createFakeDoorkeeper(ROLES_BY_NAME, { anonymous: true }) },
    })
    cleanup(keyed.stop)
    const statusOf = async (headers: Readonly<Record<string, string>>, path = '/api/v1/devices') =>
      (await exchange(keyed.url + path, { headers })).status
    expect(await statusOf({})).toBe(401)
    expect(await statusOf({ 'X-API-Key': 'k-1' })).toBe(200)
    expect(await statusOf({ 'X-API-Key': 'k-2', ...basic('anna') })).toBe(401)
    expect(await statusOf(basic('dora'))).toBe(200)
    expect(await statusOf({}, '/metrics')).toBe(200)
    expect(await statusOf(basic('dora'), '/metrics')).toBe(403)
  })
})

describe('a login that cannot be checked', () => {
  test.each([
    ['busy', 1],
    ['unavailable', 5],
  ] as const)('for %s is a 503 that says when to come again, and is counted', async (fault, seconds) => {
    const doorkeeper = createFakeDoorkeeper(ROLES_BY_NAME)
    const busy = await start({ deps: { recordings, doorkeeper } })
    cleanup(busy.stop)
    doorkeeper.fault = fault
    const answer = await exchange(`${busy.url}/api/v1/devices`, { headers: basic('dora') })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, String(seconds)])
    expect(answer.json).toEqual({ success: false, error: expect.any(String) })
    expect(busy.facade.denied()).toMatchObject({ [fault]: 1, wrong: 0, missing: 0 })
  })
})
