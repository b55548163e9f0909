import type { Reading } from '../../bridge/core/reading.ts'
import type { ReadingSink } from '../../bridge/ports.ts'
import { migrate } from '../../bridge/stores/postgres-migrate.ts'
import { createPartitions, type Partitions } from '../../bridge/stores/postgres-partitions.ts'
import { createPostgresSink, type PostgresSinkOptions } from '../../bridge/stores/postgres-sink.ts'
import { T } from '../contracts/sink-rows.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

export interface MigratedDatabase extends FreshDatabase {
  readonly partitions: Partitions
}

/** A database with the schema, and partitions from the month of `T` on. */
export const migratedDatabase = async (): Promise<MigratedDatabase> => {
  const database = await freshDatabase()
  await migrate(database.url)
  const partitions = createPartitions({ pool: database.pool, clock: () => T })
  await partitions.ensureAhead()
  return { ...database, partitions }
}

/** Quicker than a database for each test of a suite. */
export const emptyTables = async (database: FreshDatabase): Promise<void> => {
  await database.pool.query(
    'TRUNCATE sensor_data, dead_letters, ingest_cursor, devices, device_boots, replayed_readings, credentials',
  )
}

/** A sink into a migrated database. */
export const sinkInto = (
  database: MigratedDatabase,
  options: Partial<PostgresSinkOptions> = {},
): ReadingSink & { close(): Promise<void> } =>
  createPostgresSink({ partitions: database.partitions }, { url: database.url, ...options })

const ALL = `
  SELECT *, seq::double precision AS seq, extract(epoch FROM ts)::double precision * 1000 AS ts_ms,
    extract(epoch FROM received_at)::double precision * 1000 AS received_ms FROM sensor_data`

/** Every reading of the table, read without the code under test. */
export const storedReadings = async (database: FreshDatabase): Promise<readonly Reading[]> => {
  const { rows } = await database.pool.query(ALL)
  return rows.map((row) => ({
    deviceId: row.device_id,
    ts: Math.round(row.ts_ms),
    receivedAt: Math.round(row.received_ms),
    tsSource: row.ts_source,
    uptimeMs: row.device_uptime_ms,
    boot: row.boot,
    seq: row.seq,
    temperature: row.temperature,
    humidity: row.humidity,
    distance: row.distance,
    lightLevel: row.light_level,
    pressure: row.pressure,
    altitude: row.altitude,
    co2Level: row.co2_level,
    custom: row.custom,
  }))
}

/** The number a `SELECT count(*)`-like statement gives. */
export const numberOf = async (database: FreshDatabase, sql: string): Promise<number> => {
  const { rows } = await database.pool.query({ text: sql, rowMode: 'array' })
  return Number(rows[0]?.[0])
}
