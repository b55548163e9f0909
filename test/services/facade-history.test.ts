import { get as httpGet } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { BridgeError, type RangeQuery } from '../../bridge/index.ts'
import { createFacade, type Facade, type FacadeDeps } from '../../src/facade/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createDeferred } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import {
  createFacadeWorld,
  deviceId,
  FACADE_OPTIONS,
  type FacadeWorld,
  NOW,
} from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'
import { readingOf } from '../support/readings.ts'

const cleanup = useCleanups()
let world: FacadeWorld
beforeEach(() => {
  world = createFacadeWorld()
})
let facade: Facade
let url: string
const start = async (deps: Partial<FacadeDeps> = {}): Promise<void> => {
  facade = createFacade({ ...world.deps, ...deps }, FACADE_OPTIONS)
  const { host, port } = await facade.start()
  url = `http://${host}:${port}/api/v1/history`
}
afterEach(() => facade.stop())
const get = (query: string, headers = {}) => exchange(`${url}?${query}`, { headers })

const store = (device: string, count: number): void => {
  const readings = Array.from({ length: count }, (_, n) =>
    readingOf(device, NOW - (count - n) * 1_000, { temperature: n, custom: { rpm: n } }),
  )
  world.stored.set(deviceId(device), readings)
}

describe('GET /api/v1/history', () => {
  test('answers the last 24 hours in 500 points, rows where they are few', async () => {
    await start({ exports: { open: async () => Promise.reject(), running: 0 } })
    store('a', 2)
    expect((await get('deviceId=a&metric=temperature&metric=rpm')).json).toEqual({
      success: true,
      from: NOW - 86_400_000,
      to: NOW,
      points: 500,
      series: [
        {
          ...{
            deviceId: 'a',
            metric: 'temperature',
            unit: '°C',
            source: 'raw',
            bucketMs: null,
            gapMs: 3_000,
          },
          ...{ t: [NOW - 2_000, NOW - 1_000], value: [0, 1] },
        },
        {
          ...{ deviceId: 'a', metric: 'rpm', unit: null, source: 'raw', bucketMs: null, gapMs: 3_000 },
          ...{ t: [NOW - 2_000, NOW - 1_000], value: [0, 1] },
        },
      ],
      responseTime: expect.any(Number),
    })
  })

  test('answers buckets of many, of several devices, over a range in any words', async () => {
    await start()
    store('a', 60)
    store('b', 2)
    const to = new Date(NOW).toISOString()
    const answer = await get(`deviceId=b&deviceId=a&metric=temperature&from=-1m&to=${to}&points=6`)
    const { series } = answer.json as { series: readonly Record<string, unknown>[] }
    expect(series.map(({ deviceId: id, bucketMs }) => [id, bucketMs])).toEqual([
      ['b', null],
      ['a', 10_000],
    ])
    expect(Object.keys(series[1] ?? {})).toEqual([
      ...[
        'deviceId',
        'metric',
        'unit',
        'source',
        'bucketMs',
        'gapMs',
        't',
        'count',
        'min',
        'max',
        'avg',
        'last',
      ],
    ])
  })

  test('hands on what was asked: each device and metric once, whatever the store is', async () => {
    const asked: RangeQuery[] = []
    const read = async (query: RangeQuery) => {
      asked.push(query)
      return { ok: true as const, points: query.points, series: [] }
    }
    await start({ ranges: { read } })
    await get(
      'deviceId=a&deviceId=a&deviceId=x%2Fy&metric=m&metric=m&from=1795402879&to=1795402880000&points=7',
    )
    await get('deviceId=a&metric=')
    expect(asked).toEqual([
      { deviceIds: ['a'], metrics: ['m'], from: 1_795_402_879_000, to: 1_795_402_880_000, points: 7 },
      { deviceIds: ['a'], metrics: undefined, from: NOW - 86_400_000, to: NOW, points: 500 },
    ])
  })

  test.each([
    ['', 'Missing required query parameter: deviceId'],
    ['deviceId=', 'Missing required query parameter: deviceId'],
    ['deviceId=a&from=yesterday', /^from must be now, a time before now such as -90s/],
    ['deviceId=a&to=2026-11-23', /^to must be now/],
    ['deviceId=a&from=now', 'from must be before to'],
    ['deviceId=a&points=0', 'points must be a whole number from 1 to 5000'],
    ['deviceId=a&points=5001', /^points/],
    ['deviceId=a&points=many', /^points/],
    ['deviceId=a&format=xml', 'format must be json, csv or ndjson'],
    [`deviceId=a&metric=${'m'.repeat(201)}`, /^metric must be/],
    [Array.from({ length: 21 }, (_, n) => `deviceId=${n}`).join('&'), 'At most 20 devices in one request'],
  ])('refuses "%s" in words', async (query, error) => {
    await start()
    const answer = await get(query)
    expect(answer.status).toBe(400)
    const told = answer.json as { success: boolean; error: string }
    expect(told.success).toBe(false)
    expect(told.error).toMatch(error)
  })

  test('refuses more series than an answer holds, and says what to do', async () => {
    await start({ ranges: { read: async () => ({ ok: false, series: 140 }) } })
    const answer = await get('deviceId=a')
    expect([answer.status, answer.json]).toEqual([
      400,
      expect.objectContaining({ error: expect.stringMatching(/have 140 metrics.*name some with metric=/) }),
    ])
  })

  test.each([
    ['TIMEOUT', '5', /ask for a shorter one/],
    ['BUSY', '2', /try again in a moment/],
    ['STORE_UNAVAILABLE', '5', /^The database is not available/],
  ] as const)('%s is a 503 with what to do', async (code, retryAfter, error) => {
    await start({ ranges: { read: async () => Promise.reject(new BridgeError(code, 'secret')) } })
    const answer = await get('deviceId=a')
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, retryAfter])
    expect((answer.json as { error: string }).error).toMatch(error)
    expect(answer.text).not.toContain('secret')
  })

  test('tells the store that its client hung up', async () => {
    const asked = createDeferred<AbortSignal | undefined>()
    const read = (_: RangeQuery, signal?: AbortSignal) => {
      asked.resolve(signal)
      return new Promise<never>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new BridgeError('STOPPING', 'gone'))),
      )
    }
    await start({ ranges: { read } })
    const request = httpGet(`${url}?deviceId=a`, { agent: false })
    request.on('error', () => {})
    const signal = await asked.promise
    expect(signal?.aborted).toBe(false)
    request.destroy()
    await eventually(() => signal?.aborted === true)
  })

  test('has the same ETag for the same answer, and 304 for whoever has it', async () => {
    await start()
    store('a', 2)
    const query = `deviceId=a&from=${NOW - 60_000}&to=${NOW}`
    const first = await get(query)
    expect(first.headers).toMatchObject({ 'cache-control': 'private, no-cache', etag: expect.any(String) })
    const again = await get(query, { 'If-None-Match': String(first.headers.etag) })
    expect([again.status, again.text]).toEqual([304, ''])
    store('a', 3)
    expect((await get(query, { 'If-None-Match': String(first.headers.etag) })).status).toBe(200)
  })

  test('lets others have their turn while a large answer is made', async () => {
    const t = Array.from({ length: 2_000 }, (_, n) => n)
    const one = {
      deviceId: deviceId('a'),
      metric: 'm',
      source: 'raw',
      bucketMs: null,
      gapMs: 1,
      t,
      value: t,
    } as const
    const series = Array.from({ length: 25 }, () => one)
    await start({ ranges: { read: async () => ({ ok: true, points: 2_000, series }) } })
    let turns = 0
    let counting = true
    const count = (): void => {
      turns += 1
      if (counting) setImmediate(count)
    }
    setImmediate(count)
    cleanup(() => {
      counting = false
    })
    const answer = await get('deviceId=a')
    expect((answer.json as { series: readonly unknown[] }).series).toHaveLength(25)
    expect(turns).toBeGreaterThan(25)
  })

  test('says where nothing is stored, and has nothing to export there', async () => {
    await start()
    store('a', 1)
    expect((await get('deviceId=a')).json).toMatchObject({
      note: expect.stringContaining('USEDB=false'),
      series: [{}, {}],
    })
    const answer = await get('deviceId=a&format=csv')
    expect([answer.status, answer.json]).toEqual([
      503,
      expect.objectContaining({ error: expect.stringContaining('DATABASE_URL') }),
    ])
  })
})
