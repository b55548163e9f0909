/**
 * What a reading takes: in Redis, in the spool, in a real Postgres (table, index, log), and how the statements that Sluice uses
 * are planned over its partitions. The figures of docs/scaling.md are made by it:
 *
 *   node dist/test/cluster/row-sizes.js --rows 600000 --boards 1000
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { createRowEncoder } from '../../bridge/core/copy-row.ts'
import { mergeReading } from '../../bridge/core/latest.ts'
import type { DeviceId, Reading } from '../../bridge/core/reading.ts'
import type { Batch } from '../../bridge/ports.ts'
import { createPostgresHistory } from '../../bridge/stores/postgres-history.ts'
import { migrate } from '../../bridge/stores/postgres-migrate.ts'
import { createPartitions } from '../../bridge/stores/postgres-partitions.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresSink } from '../../bridge/stores/postgres-sink.ts'
import { createRedisConnection } from '../../bridge/stores/redis-connection.ts'
import { createRedisLatest } from '../../bridge/stores/redis-latest.ts'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { readingOf } from '../support/readings.ts'
import { startRedis } from '../support/redis.ts'

const BATCH_ROWS = 5_000
const START = Date.UTC(2026, 9, 1)
const MONTHS = 12

const say = (line: string): void => void process.stdout.write(`${line}\n`)

type Shape = (n: number) => Partial<Reading>

/** Values as sensors give them: two decimals, no two alike. */
const value = (n: number, base: number): number => Math.round((base + Math.sin(n) * 10) * 100) / 100

const two: Shape = (n) => ({ temperature: value(n, 21), humidity: value(n, 45) })
const seven: Shape = (n) => ({
  ...two(n),
  distance: value(n, 120),
  lightLevel: 1_000 + (n % 1_000),
  pressure: value(n, 1_013),
  altitude: value(n, 300),
  co2Level: value(n, 600),
  uptimeMs: n * 10,
})
const custom: Shape = (n) => ({ ...two(n), custom: { battery: value(n, 3.7), rssi: -60 - (n % 20) } })

const SHAPES: readonly (readonly [name: string, shape: Shape])[] = [
  ['two metrics', two],
  ['seven metrics', seven],
  ['two metrics, two custom fields', custom],
]

/** Row `n`: every board in turn, one reading a second each. */
const rowOf = (n: number, boards: number, shape: Shape): Reading => {
  const ts = START + Math.floor(n / boards) * 1_000 + (n % boards)
  const deviceId = `esp32-${String(n % boards).padStart(6, '0')}` as DeviceId
  return readingOf(deviceId, ts, { boot: '9f86d081', seq: Math.floor(n / boards), ...shape(n) })
}

const batchOf = (spoolId: string, from: number, lines: readonly string[]): Batch => ({
  spoolId,
  from,
  to: from + lines.length,
  fromRow: from,
  toRow: from + lines.length,
  lost: 0,
  boots: [],
  readings: [Buffer.from(lines.join(''))],
  deadLetters: [],
})

const number = async (pool: pg.Pool, sql: string): Promise<number> => {
  const { rows } = await pool.query<[number]>({ text: sql, rowMode: 'array' })
  return Number(rows[0]?.[0])
}

const SIZE = (of: string): string =>
  `SELECT sum(${of}(relid))::float8 FROM pg_partition_tree('sensor_data') WHERE isleaf`
const LOG = "SELECT (pg_current_wal_lsn() - '0/0')::float8"

interface Bench {
  readonly url: string
  readonly pool: pg.Pool
  readonly rows: number
  readonly boards: number
}

const measure = async ({ url, pool, rows, boards }: Bench, name: string, shape: Shape): Promise<void> => {
  await pool.query('TRUNCATE sensor_data, ingest_cursor; CHECKPOINT')
  const partitions = createPartitions({ pool, clock: () => START })
  const sink = createPostgresSink({ partitions }, { url })
  const encoder = createRowEncoder()
  const logBefore = await number(pool, LOG)
  let bytes = 0
  for (let from = 0; from < rows; from += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - from)
    const lines = Array.from({ length: count }, (_, at) => encoder.reading(rowOf(from + at, boards, shape)))
    const batch = batchOf(name, from, lines)
    bytes += batch.readings[0]?.byteLength ?? 0
    await sink.store(batch)
  }
  const log = (await number(pool, LOG)) - logBefore
  await sink.close()
  const table = await number(pool, SIZE('pg_relation_size'))
  const index = await number(pool, SIZE('pg_indexes_size'))
  const each = (total: number): string => (total / rows).toFixed(0).padStart(6)
  say(`${name.padEnd(32)} spool ${each(bytes)}  table ${each(table)}  index ${each(index)}  log ${each(log)}`)
}

/** Plans of what runs against `sensor_data`, as the server itself tells them. */
const plansOf = async (url: string): Promise<readonly string[]> => {
  const pool = createPostgresPool({ url, maxConnections: 1 })
  const plans: string[] = []
  try {
    const client = await pool.connect()
    client.on('notice', ({ message }) => plans.push(message ?? ''))
    await client.query(`LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
      SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off; SET client_min_messages = log`)
    client.release()
    const history = createPostgresHistory(pool)
    const board = 'esp32-000001' as DeviceId
    await history.recent(board, 100)
    await history.newest([board])
  } finally {
    await pool.end()
  }
  return plans.filter((plan) => plan.includes('sensor_data'))
}

const DEVICES = 10_000

/** What a device's latest values take in Redis. */
const measureRedis = async (): Promise<void> => {
  const redis = await startRedis()
  const connection = createRedisConnection(redis.url)
  try {
    await connection.start()
    const used = async (): Promise<number> =>
      Number(/^used_memory:(\d+)/m.exec(await connection.client.info('memory'))?.[1])
    const before = await used()
    const latest = Array.from({ length: DEVICES }, (_, n) =>
      mergeReading(undefined, rowOf(n, DEVICES, custom)),
    )
    await createRedisLatest(connection.client).put(latest)
    say(`latest values in Redis: ${(((await used()) - before) / DEVICES).toFixed(0)} bytes a device`)
  } finally {
    await connection.close()
    await redis.stop()
  }
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { rows: { type: 'string', default: '600000' }, boards: { type: 'string', default: '1000' } },
  })
  const folder = await mkdtemp(join(tmpdir(), 'sluice-row-sizes-'))
  const postgres = createEmbeddedPostgres({ dataDir: join(folder, 'postgres') })
  try {
    const { url, version } = await postgres.start()
    await migrate(url)
    const pool = new pg.Pool({ connectionString: url })
    const months = Array.from({ length: MONTHS }, (_, month) => Date.UTC(2026, 9 - month, 1))
    await createPartitions({ pool, clock: () => START }).ensureFor(months)
    const bench = { url, pool, rows: Number(values.rows), boards: Number(values.boards) }
    say(`${version}, ${bench.rows} rows of ${bench.boards} boards in turn; bytes a row`)
    for (const [name, shape] of SHAPES) await measure(bench, name, shape)
    await measureRedis()
    await pool.query('ANALYZE sensor_data')
    for (const plan of await plansOf(url)) say(`\n${plan}`)
    await pool.end()
  } finally {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
