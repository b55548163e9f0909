import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Reading } from '../../bridge/core/reading.ts'
import { createPostgresExport } from '../../bridge/stores/postgres-export.ts'
import { createFacade } from '../../src/facade/index.ts'
import { readingOf } from '../contracts/sink-rows.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createFacadeWorld, FACADE_OPTIONS } from '../support/facade-services.ts'
import { linesOf, useHistoryFacade } from '../support/history-facade.ts'
import { exchange } from '../support/http-exchange.ts'
import { insertReadings } from '../support/range-tables.ts'

const T = Date.UTC(2026, 10, 23, 3)
const RANGE = `from=${T}&to=${T + 86_400_000}`
const cleanup = useCleanups()
const there = useHistoryFacade()

const exported = async (query: string) => linesOf((await there().get(`${RANGE}&format=ndjson&${query}`)).text)

const iso = (ms: number): string => new Date(ms).toISOString()
const expectedLine = ({ deviceId, ts, receivedAt, tsSource, boot, seq, uptimeMs, ...rest }: Reading) => ({
  ...{ deviceId, ts: iso(ts), receivedAt: iso(receivedAt), tsSource, boot, seq, uptimeMs },
  ...rest,
})

const some = [
  readingOf('a', { ts: T, boot: 'b"1\\', seq: 1, uptimeMs: 12.5, temperature: -0.1, lightLevel: 4 }),
  readingOf('a', {
    ts: T,
    receivedAt: T + 1,
    custom: { rpm: 7, text: 'ü"\n\u0001\u2028', deep: { a: [null] } },
  }),
  readingOf('a', { ts: T + 1, pressure: 1e-7, co2Level: 1.7e308, humidity: 5e-324 }),
]

describe('an export', () => {
  test('as NDJSON is every row with everything it holds, a device after the other, by time', async () => {
    const other = readingOf('b', { ts: T, temperature: 1 })
    await insertReadings(there().database, [...some.toReversed(), other, readingOf('a', { ts: T - 1 })])
    const answer = await there().get(`${RANGE}&deviceId=b&deviceId=a&format=ndjson`)
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
    ])
    expect(linesOf(answer.text)).toEqual([other, ...some].map(expectedLine))
    expect(Object.keys(linesOf(answer.text)[0] ?? {})).toEqual([
      ...['deviceId', 'ts', 'receivedAt', 'tsSource', 'boot', 'seq', 'uptimeMs'],
      ...['temperature', 'humidity', 'distance', 'lightLevel', 'pressure', 'altitude', 'co2Level', 'custom'],
    ])
  })

  test('as CSV has a head, quotes what must be, and nothing that a spreadsheet would run', async () => {
    await insertReadings(there().database, [
      readingOf('=1-1', { ts: T, boot: '@x,"y"', temperature: -2.5 }),
      readingOf('=1-1', { ts: T + 1, boot: 'plain', custom: { a: '=x' } }),
    ])
    const answer = await there().get(`${RANGE}&deviceId=${encodeURIComponent('=1-1')}`, {
      Accept: 'text/csv',
    })
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
    expect(answer.text.split('\n')).toEqual([
      'deviceId,ts,receivedAt,tsSource,boot,seq,uptimeMs,temperature,humidity,distance,lightLevel,pressure,altitude,co2Level,custom',
      `'=1-1,2026-11-23T03:00:00.000Z,2026-11-23T03:00:00.000Z,server,"'@x,""y""",,,-2.5,,,,,,,`,
      `'=1-1,2026-11-23T03:00:00.001Z,2026-11-23T03:00:00.001Z,server,plain,,,,,,,,,,"{""a"": ""=x""}"`,
      '',
    ])
  })

  test('of some metrics leaves out what holds none of them', async () => {
    await insertReadings(there().database, some)
    expect(await exported('deviceId=a&metric=temperature&metric=rpm&metric=it%27s')).toMatchObject([
      { seq: 1, temperature: -0.1, rpm: null, "it's": null },
      { seq: null, temperature: null, rpm: 7 },
    ])
    const csv = await there().get(`${RANGE}&deviceId=a&metric=%3Drpm&metric=rpm&format=csv`)
    expect(csv.text).toMatch(/^deviceId,.*uptimeMs,"'=rpm",rpm\na,.*,,7\n$/)
  })

  test('can be gone on with behind any row, though rows are alike', async () => {
    const reading = fc.record({
      device: fc.constantFrom('a', 'b,c'),
      ts: fc.integer({ min: 0, max: 3 }).map((n) => T + n),
      receivedAt: fc.constantFrom(T, T + 5),
      boot: fc.constantFrom(null, 'x'),
      temperature: fc.integer({ min: 0, max: 2 }),
    })
    const [sample = []] = fc.sample(fc.array(reading, { minLength: 30, maxLength: 30 }), 1)
    await insertReadings(
      there().database,
      sample.map(({ device, ...fields }) => readingOf(device, fields)),
    )
    const devices = 'deviceId=b%2Cc&deviceId=a'
    const all = await exported(devices)
    expect(all).toHaveLength(30)
    for (const [index, { deviceId, ts }] of all.entries()) {
      const have = all.slice(0, index + 1)
      const same = have.length - 1 - have.findLastIndex((row) => row.deviceId !== deviceId || row.ts !== ts)
      const after = encodeURIComponent(`${deviceId},${ts},${same}`)
      expect(await exported(`${devices}&after=${after}`)).toEqual(all.slice(index + 1))
      expect(await exported(`${devices}&after=${after}&limit=4`)).toEqual(all.slice(index + 1, index + 5))
    }
  })

  test.each([
    'a',
    'a,now',
    'other,2026-11-23T03:00:00Z,1',
    'a,yesterday,1',
    'a,-1h,1',
    'a,2026-11-23T03:00:00Z,x',
  ])('cannot go on behind %j', async (after) => {
    const answer = await there().get(`deviceId=a&format=csv&after=${encodeURIComponent(after)}`)
    expect([answer.status, (answer.json as { error: string }).error]).toEqual([
      400,
      expect.stringMatching(/^after must be/),
    ])
  })

  test('is a file with a name that every system takes', async () => {
    const nameOf = async (device: string) =>
      (await there().get(`${RANGE}&deviceId=${encodeURIComponent(device)}&format=csv`)).headers[
        'content-disposition'
      ]
    const span = '2026-11-23T030000Z_2026-11-24T030000Z.csv'
    expect(await nameOf('esp-1')).toBe(`attachment; filename="esp-1_${span}"`)
    expect(await nameOf('Küche "1"')).toBe(
      `attachment; filename="K_che__1__${span}"; filename*=UTF-8''K%C3%BCche%20%221%22_${span}`,
    )
  })

  test('is packed as it goes when the client takes that, and is nothing but its head for HEAD', async () => {
    await insertReadings(there().database, some)
    const packed = await there().get(`${RANGE}&deviceId=a&format=csv`, { 'Accept-Encoding': 'gzip' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed.bytes).toString().split('\n')).toHaveLength(5)
    const head = await exchange(`${there().url}?${RANGE}&deviceId=a&format=csv`, { method: 'HEAD' })
    expect([head.status, head.headers['content-type'], head.text]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      '',
    ])
    expect(head.headers['content-length']).toBeUndefined()
    await there().untilIdle()
  })
})

test('an export that cannot begin is a 503', async () => {
  const away = createPostgresExport(there().pool, { url: 'postgres://127.0.0.1:1/none' })
  const elsewhere = createFacade({ ...createFacadeWorld().deps, exports: away }, FACADE_OPTIONS)
  cleanup(() => elsewhere.stop())
  const { host, port } = await elsewhere.start()
  const answer = await exchange(`http://${host}:${port}/api/v1/history?deviceId=a&format=csv`)
  expect([answer.status, answer.headers['content-type'], answer.headers['retry-after']]).toEqual([
    ...[503, 'application/json; charset=utf-8', '5'],
  ])
  expect(away.running).toBe(0)
})
