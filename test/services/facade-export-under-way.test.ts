import { once } from 'node:events'
import { get as httpGet } from 'node:http'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { createPostgresExport } from '../../bridge/stores/postgres-export.ts'
import { createFacade } from '../../src/facade/index.ts'
import { id } from '../contracts/sink-rows.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { createFacadeWorld, FACADE_OPTIONS } from '../support/facade-services.ts'
import { useHistoryFacade } from '../support/history-facade.ts'

const T = Date.UTC(2026, 10, 23, 3)
const RANGE = `from=${T}&to=${T + 86_400_000}`
const cleanup = useCleanups()
const there = useHistoryFacade()

describe('an export under way', () => {
  beforeEach(async () => {
    await there().database.pool.query(`
      INSERT INTO sensor_data (device_id, ts, received_at, ts_source, temperature, custom)
        SELECT 'a', '2026-11-23T03:00:00Z'::timestamptz + n * interval '1 ms', now(), 'server', n, '{"text": "${'x'.repeat(200)}"}'
        FROM generate_series(1, 100000) AS n`)
  })

  /** An answer that has begun and is not read. */
  const begin = (at = there().url) =>
    new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      const request = httpGet(`${at}?${RANGE}&deviceId=a&format=ndjson`, { agent: false }, (response) => {
        response.pause()
        response.on('error', () => {})
        resolve(response)
      })
      request.on('error', reject)
      cleanup(() => request.destroy())
    })

  test('ends in Postgres when its reader hangs up', async () => {
    const response = await begin()
    expect(await there().running()).toBe(1)
    response.destroy()
    await there().untilIdle()
  })

  test('is cut off when its reader stands still, and ends in Postgres', async () => {
    const impatient = createFacade(
      { ...createFacadeWorld().deps, exports: there().exports },
      { ...FACADE_OPTIONS, exportStallMs: 50 },
    )
    cleanup(() => impatient.stop())
    const { host, port } = await impatient.start()
    const response = await begin(`http://${host}:${port}/api/v1/history`)
    await there().untilIdle()
    const closed = new Promise((resolve) => response.once('close', resolve))
    response.resume()
    await closed
    expect(response.complete).toBe(false)
  })

  test('does not end as if it was whole when Postgres ends it', async () => {
    const response = await begin()
    await there().database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice export'`,
    )
    const closed = new Promise((resolve) => response.once('close', resolve))
    response.resume()
    await closed
    expect(response.complete).toBe(false)
    await there().untilIdle()
  })

  test('is one of so many at a time; others are told to come again', async () => {
    await begin()
    const second = await begin()
    const third = await there().get(`${RANGE}&deviceId=a&format=csv`)
    expect([third.status, third.headers['retry-after']]).toEqual([503, '10'])
    second.destroy()
    await eventually(() => there().exports.running === 1)
    const { status, text } = await there().get(`${RANGE}&deviceId=a&format=csv`)
    expect([status, text.split('\n').length]).toEqual([200, 100_002])
  })

  test('ends after the time it may take', async () => {
    const brief = createPostgresExport(there().pool, { url: there().database.url, maxMs: 50 })
    const query = {
      format: 'csv',
      deviceIds: [id('a')],
      metrics: undefined,
      after: undefined,
      limit: undefined,
    } as const
    const opened = brief.open({ ...query, from: T, to: T + 86_400_000 }, new AbortController().signal)
    await expect(opened.then((stream) => once(stream, 'end'))).rejects.toMatchObject({ code: 'TIMEOUT' })
    await there().untilIdle()
  })
})
