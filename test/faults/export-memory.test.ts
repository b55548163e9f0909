/** A million rows leave Sluice in constant memory, however slowly they are read. */
import { readFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const ROWS = 1_000_000
const START = Date.UTC(2026, 10, 1)
const MIB = 2 ** 20
const MOST_MIB = 100
const later = useCleanups()

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database?.drop())

const open = async (): Promise<Sluice> => {
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url, RETENTION_DAYS: '0' })
  later(() => sluice.end('SIGTERM'))
  return sluice
}

const insert = async (): Promise<void> => {
  await database.pool.query(
    `CREATE TABLE IF NOT EXISTS sensor_data_2026_11 PARTITION OF sensor_data FOR VALUES FROM ('2026-11-01Z') TO ('2026-12-01Z')`,
  )
  await database.pool.query(
    `INSERT INTO sensor_data (device_id, boot, seq, ts, received_at, ts_source, temperature, humidity, custom)
      SELECT 'a', 'b000', n, at, at, 'device', n / 8.0, 50, '{"rpm": 1200, "note": "as it was"}'
      FROM generate_series(1, $2::int) AS n, LATERAL (SELECT $1::timestamptz + n * interval '1 second' AS at) AS time`,
    [new Date(START).toISOString(), ROWS],
  )
}

const ownBytes = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1024
}

const begin = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, resolve).once('error', reject)
  })

/** Reads it all; `pause` is called now and then. Gives the lines, and whether the answer was whole. */
const readAll = async (url: string, pause: (bytes: number) => Promise<unknown>) => {
  const response = await begin(url)
  let lines = 0
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
    await pause(bytes)
  }
  return { lines, bytes, complete: response.complete }
}

/** The most that the process took while `work` ran. */
const peakWhile = async <T>(pid: number, work: Promise<T>): Promise<{ peak: number; result: T }> => {
  let peak = 0
  let running = true
  const watching = (async () => {
    while (running) {
      peak = Math.max(peak, await ownBytes(pid))
      await delay(20)
    }
  })()
  const result = await work.finally(() => {
    running = false
  })
  await watching
  return { peak, result }
}

test('a million rows take less than 100 MB, read at once or slowly', async () => {
  const sluice = await open()
  await insert()
  const url = (format: string, limit: number): string =>
    `${sluice.http}/api/v1/history?deviceId=a&from=${START}&to=now&format=${format}&limit=${limit}`
  await readAll(url('csv', 20_000), async () => undefined)
  const before = await ownBytes(sluice.pid)
  let pausedAt = 0
  const slowly = async (bytes: number): Promise<void> => {
    if (bytes - pausedAt < 4 * MIB) return
    pausedAt = bytes
    await delay(50)
  }
  for (const [format, pause] of [
    ['csv', async () => undefined],
    ['ndjson', slowly],
  ] as const) {
    const { peak, result } = await peakWhile(sluice.pid, readAll(url(format, ROWS), pause))
    expect(result).toMatchObject({ lines: ROWS + (format === 'csv' ? 1 : 0), complete: true })
    const grownMiB = Math.round((peak - before) / MIB)
    expect(grownMiB).toBeLessThan(MOST_MIB)
  }
}, 240_000)
