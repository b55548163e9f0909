import type pg from 'pg'
import type { DeviceId, JsonValue, Reading, TsSource } from '../core/reading.ts'
import type { HistoryReader } from '../ports.ts'
import { readError } from './postgres-errors.ts'

/** A row as selected below: times in epoch ms, whole numbers as doubles (all are safe integers). */
interface ReadingRow {
  readonly device_id: string
  readonly boot: string | null
  readonly seq: number | null
  readonly ts: number
  readonly received_at: number
  readonly ts_source: string
  readonly device_uptime_ms: number | null
  readonly temperature: number | null
  readonly humidity: number | null
  readonly distance: number | null
  readonly light_level: number | null
  readonly pressure: number | null
  readonly altitude: number | null
  readonly co2_level: number | null
  readonly custom: { readonly [key: string]: JsonValue } | null
}

const COLUMNS = `
  device_id, boot, seq::double precision AS seq,
  (extract(epoch FROM ts) * 1000)::double precision AS ts,
  (extract(epoch FROM received_at) * 1000)::double precision AS received_at,
  ts_source, device_uptime_ms, temperature, humidity, distance, light_level,
  pressure, altitude, co2_level, custom`

/** As in migrations/0001_sensor_data.sql, letter by letter: it makes the partial index usable. */
const LATE = `(received_at - ts > interval '1 minute' OR ts - received_at > interval '1 minute')`

/**
 * The newest by receipt, without an index by receipt. `near` are the newest by `ts`: as many rows as
 * wanted, so the oldest receipt among them bounds the answer from below, and a live row received since
 * then has a `ts` at most a minute before that. Late rows come from their own index; when they alone
 * make up the answer, they are the tighter bound.
 */
const RECENT = `
  WITH near AS MATERIALIZED (
    SELECT received_at FROM sensor_data WHERE device_id = $1 ORDER BY ts DESC LIMIT $2
  ), late AS MATERIALIZED (
    SELECT * FROM sensor_data WHERE device_id = $1 AND ${LATE}
    ORDER BY received_at DESC, ts DESC, seq DESC NULLS LAST LIMIT $2
  ), bound AS MATERIALIZED (
    SELECT greatest(
      (SELECT min(received_at) FROM near),
      (SELECT CASE WHEN count(*) = $2 THEN min(received_at) END FROM late)
    ) - interval '1 minute' AS since
  ), found AS (
    SELECT * FROM sensor_data WHERE device_id = $1 AND NOT ${LATE} AND ts >= (SELECT since FROM bound)
    UNION ALL
    SELECT * FROM late
  )
  SELECT ${COLUMNS} FROM found
  ORDER BY found.received_at DESC, found.ts DESC, found.seq DESC NULLS LAST LIMIT $2`

const NEWEST = `
  SELECT ${COLUMNS} FROM unnest($1::text[]) AS wanted(id), LATERAL (
    SELECT * FROM sensor_data WHERE device_id = wanted.id
    ORDER BY ts DESC, received_at DESC, seq DESC NULLS LAST LIMIT 1
  ) AS reading`

const toReading = (row: ReadingRow): Reading => ({
  deviceId: row.device_id as DeviceId,
  ts: row.ts,
  receivedAt: row.received_at,
  tsSource: row.ts_source as TsSource,
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
})

/** Reads readings back. Both methods throw STORE_UNAVAILABLE. */
export const createPostgresHistory = (pool: pg.Pool | pg.PoolClient): HistoryReader => {
  const read = async (
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Reading[]> => {
    try {
      // Named, so that each connection plans it once: planning over years of partitions costs more than running.
      const { rows } = await pool.query<ReadingRow>({ name, text, values: [...values] })
      return rows.map(toReading)
    } catch (error) {
      throw readError(error, 'Reading the history')
    }
  }

  return {
    recent: (deviceId, limit) => read('readings-recent', RECENT, [deviceId, limit]),
    newest: (deviceIds) => read('readings-newest', NEWEST, [[...new Set(deviceIds)]]),
  }
}
