import { describe, expect, test } from '@jest/globals'
import { mayCall, OPERATIONS, type Operation, ROLES } from '../../../../../bridge/index.ts'
import { accessOf, isOpenTo, ROUTE_ACCESS } from '../../../../../src/facade/http/route-access.ts'

const routes = Object.keys(ROUTE_ACCESS).map((name) => {
  const [method = '', path = ''] = name.split(' ')
  return { name, route: { method, url: path.replaceAll('/:', '/:any') } }
})
const openWith = (openness: Parameters<typeof isOpenTo>[1]) =>
  routes.filter(({ route }) => isOpenTo(route, openness)).map(({ name }) => name)

const PUBLIC = ['GET /', 'GET /assets/:', 'GET /docs', 'GET /docs/*', 'GET /health']
const METRICS = 'GET /metrics'
const TOKEN = 'POST /api/v1/auth/token'
const BOARDS = [
  'GET /api/v1/buzzer/status/:',
  'PATCH /api/v1/buzzer/complete/:',
  'POST /api/v1/devices/heartbeat',
  'POST /api/v1/devices/register',
  'POST /api/v1/ingest/sensor-data',
  'POST /api/v1/stream/fast',
  'POST /api/v1/stream/stream',
]
const CLOSED = { anonymous: false, apiKey: undefined, legacyOpen: false }

describe('clients that say nothing of themselves', () => {
  test.each([
    ['nobody is anonymous', CLOSED, PUBLIC],
    ['nobody is anonymous, and there is a key', { ...CLOSED, apiKey: 'k' }, PUBLIC],
    ['nobody is anonymous but boards', { ...CLOSED, legacyOpen: true }, [...PUBLIC, ...BOARDS]],
    ['anyone may, and there is a key', { ...CLOSED, anonymous: true, apiKey: 'k' }, [...PUBLIC, METRICS]],
    [
      'anyone may, and there is a key that boards need not have',
      { anonymous: true, apiKey: 'k', legacyOpen: true },
      [...PUBLIC, METRICS, ...BOARDS],
    ],
  ])('where %s are let in by those routes only', (_name, openness, open) => {
    expect(openWith(openness).toSorted()).toEqual(open.toSorted())
  })

  test('where anyone may get everything but a token', () => {
    const everything = openWith({ ...CLOSED, anonymous: true })
    expect(everything).toHaveLength(routes.length - 1)
    expect(everything).not.toContain(TOKEN)
  })
})

describe('a route', () => {
  test('is the same in HEAD as in GET', () => {
    expect(accessOf({ method: 'HEAD', url: '/api/v1/devices' })).toEqual({ operation: 'read' })
  })

  test('that is not in the table is an error', () => {
    expect(() => accessOf({ method: 'PUT', url: '/api/v1/devices' })).toThrow('PUT /api/v1/devices')
  })

  test('is there for every operation that the table of rights knows', () => {
    const used = new Set(Object.values(ROUTE_ACCESS).map(({ operation }) => operation))
    expect([...OPERATIONS].filter((operation) => !used.has(operation))).toEqual([])
  })

  test('changes nothing that a role may not change: every route by role', () => {
    const allowed = (operation: Operation): readonly string[] =>
      ROLES.filter((role) => mayCall({ role, name: 'me' }, operation, 'me'))
    expect(Object.fromEntries(OPERATIONS.map((operation) => [operation, allowed(operation)]))).toEqual({
      send: ['anonymous', 'device', 'admin'],
      read: ['anonymous', 'dashboard', 'operator', 'admin'],
      buzz: ['anonymous', 'dashboard', 'operator', 'admin'],
      command: ['anonymous', 'operator', 'admin'],
      manage: ['anonymous', 'admin'],
      inspect: ['anonymous', 'operator', 'admin'],
    })
  })
})
