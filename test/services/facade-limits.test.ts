import { describe, expect, test } from '@jest/globals'
import fastify from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { createGuard } from '../../src/facade/http/guard.ts'
import { useRateLimit } from '../../src/facade/http/rate-limit.ts'
import { useGuard } from '../../src/facade/http/use-guard.ts'
import type { FacadeOptions } from '../../src/facade/index.ts'
import { createKeylessDoor } from '../../src/facade/index.ts'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { useCleanups } from '../support/cleanups.ts'
import { type Exchange, exchange, postJson } from '../support/http-exchange.ts'

const cleanup = useCleanups()
const MAX = 3

const start = async (options: Partial<FacadeOptions> = {}) => {
  const facade = await startBridgedFacade({ options: { rateLimitMax: MAX, ...options } })
  cleanup(() => facade.stop())
  return {
    ...facade,
    ingest: (body: object, headers = {}) =>
      postJson(`${facade.url}/api/v1/ingest/sensor-data`, body, headers),
    get: (path: string) => exchange(facade.url + path),
  }
}

/** The statuses of requests made one after another. */
const statuses = async (times: number, ask: () => Promise<Exchange>): Promise<number[]> => {
  const seen: number[] = []
  for (let i = 0; i < times; i++) seen.push((await ask()).status)
  return seen
}

const UNDER_AND_OVER = [200, 200, 200, 429]

describe('too many requests of one device', () => {
  test('are answered as documented, with when to come again', async () => {
    const { ingest } = await start()
    await statuses(MAX, () => ingest({ deviceId: 'a' }))
    const { status, json, headers } = await ingest({ deviceId: 'a' })
    expect([status, json]).toMatchObject([
      429,
      { success: false, error: 'Too many requests, please try again later' },
    ])
    expect(headers).toMatchObject({
      'ratelimit-limit': String(MAX),
      'ratelimit-remaining': '0',
      'ratelimit-reset': expect.stringMatching(/^\d+$/),
      'retry-after': expect.stringMatching(/^[1-9]\d?$/),
      'access-control-allow-origin': '*',
    })
  })

  test('are counted in the headers before that', async () => {
    const { ingest } = await start()
    const left = [(await ingest({ deviceId: 'a' })).headers, (await ingest({ deviceId: 'a' })).headers]
    expect(left.map((headers) => headers['ratelimit-remaining'])).toEqual(['2', '1'])
    expect(left[0]).not.toHaveProperty('x-ratelimit-limit')
    expect(left[0]).not.toHaveProperty('retry-after')
  })

  test('are forgiven after a minute', async () => {
    const { ingest, time } = await start()
    expect(await statuses(4, () => ingest({ deviceId: 'a' }))).toEqual(UNDER_AND_OVER)
    time.pass(60_000)
    expect(await statuses(4, () => ingest({ deviceId: 'a' }))).toEqual(UNDER_AND_OVER)
  })

  test('punish no other device at the same address, and nobody who names none', async () => {
    const { ingest, get } = await start()
    expect(await statuses(4, () => ingest({ deviceId: 'a' }))).toEqual(UNDER_AND_OVER)
    expect(await statuses(4, () => ingest({ id: 'b' }))).toEqual(UNDER_AND_OVER)
    expect(await statuses(4, () => get('/api/v1/devices'))).toEqual(UNDER_AND_OVER)
  })

  test('that read do not cost the device its readings', async () => {
    const { ingest, get } = await start()
    expect(await statuses(4, () => get('/api/v1/sensor-data?deviceId=a'))).toEqual(UNDER_AND_OVER)
    expect((await ingest({ deviceId: 'a' })).status).toBe(200)
  })

  test('are the same device however the request names it', async () => {
    const { url, ingest } = await start()
    await ingest({ deviceId: 'a' })
    await ingest({ id: 'a' })
    await ingest([{ deviceId: 'x' }], { 'Device-ID': 'a' })
    const command = await postJson(`${url}/api/v1/devices/a/command`, { command: 'x' })
    expect(command.status).toBe(429)
  })

  test('are counted for the address when the id is none', async () => {
    const { ingest } = await start()
    const bad = ['a/b', '', 'x'.repeat(101), { nested: true }]
    const seen = []
    for (const deviceId of bad) seen.push((await ingest({ deviceId })).status)
    expect(seen).toEqual([400, 400, 400, 429])
  })
})

describe('without a limit', () => {
  test.each([
    ['the poll', 'GET', '/api/v1/buzzer/status/a'],
    ['the poll that is routed', 'GET', '/api/v1/Buzzer/status/a'],
    ['the heartbeat', 'POST', '/api/v1/devices/heartbeat'],
    ['the pictures of a stream', 'POST', '/api/v1/stream/fast'],
    ['health', 'GET', '/health'],
    ['metrics', 'GET', '/metrics'],
    ['files', 'GET', '/data/a_1795402901178.jpg'],
  ])('is %s', async (_name, method, path) => {
    const { url } = await start()
    const answers = await Promise.all(Array.from({ length: MAX * 3 }, () => exchange(url + path, { method })))
    expect(answers.map(({ status }) => status)).not.toContain(429)
    expect(answers[0]?.headers).not.toHaveProperty('ratelimit-limit')
  })
})

test('a preflight is never limited', async () => {
  const { url } = await start()
  const preflight = () => exchange(`${url}/api/v1/devices`, { method: 'OPTIONS' })
  expect(await statuses(MAX + 2, preflight)).toEqual(Array.from({ length: MAX + 2 }, () => 204))
})

describe('one address', () => {
  const INGEST = '/api/v1/ingest/sensor-data'
  const doorkeeper = createKeylessDoor(true)
  const limited = async (apiKey?: string) => {
    const app = fastify().withTypeProvider<ZodTypeProvider>()
    cleanup(() => app.close())
    await app.register(async (scope) => {
      useGuard(scope, createGuard({ doorkeeper, clock: Date.now }, { apiKey, legacyOpen: false }))
      useRateLimit(scope, { clock: Date.now, rateLimitMax: 1_000, addressMax: MAX })
      scope.post(INGEST, async () => 'stored')
    })
    return (deviceId: string) => app.inject({ method: 'POST', url: INGEST, payload: { deviceId } })
  }

  test('cannot ask without end by naming a new device each time', async () => {
    const ask = await limited()
    const seen = [await ask('a'), await ask('b'), await ask('c'), await ask('d')]
    expect(seen.map(({ statusCode }) => statusCode)).toEqual(UNDER_AND_OVER)
    expect(seen[3]?.json()).toMatchObject({ message: 'Too many requests, please try again later' })
    expect(Number(seen[3]?.headers['retry-after'])).toBeGreaterThan(0)
  })

  test('cannot try keys without end', async () => {
    const ask = await limited('k-1')
    const seen = [await ask('a'), await ask('b'), await ask('c'), await ask('d')]
    expect(seen.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 429])
  })
})
