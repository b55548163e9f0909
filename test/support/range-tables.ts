/** Readings, and rollups of them in any state, written straight into the tables. */
import type { Reading } from '../../bridge/core/reading.ts'
import type { FreshDatabase } from './database.ts'

const toRow = (reading: Reading): object => ({
  device_id: reading.deviceId,
  boot: reading.boot,
  seq: reading.seq,
  ts: new Date(reading.ts).toISOString(),
  received_at: new Date(reading.receivedAt).toISOString(),
  ts_source: reading.tsSource,
  device_uptime_ms: reading.uptimeMs,
  temperature: reading.temperature,
  humidity: reading.humidity,
  distance: reading.distance,
  light_level: reading.lightLevel,
  pressure: reading.pressure,
  altitude: reading.altitude,
  co2_level: reading.co2Level,
  custom: reading.custom,
})

export const insertReadings = async (
  { pool }: Pick<FreshDatabase, 'pool'>,
  readings: readonly Reading[],
): Promise<void> => {
  await pool.query('INSERT INTO sensor_data SELECT * FROM json_populate_recordset(null::sensor_data, $1)', [
    JSON.stringify(readings.map(toRow)),
  ])
}

const VALUES = `
  SELECT device_id, metric, value, ts, received_at, seq FROM sensor_data, LATERAL (
    VALUES ('temperature', temperature), ('humidity', humidity), ('distance', distance), ('lightLevel', light_level),
      ('pressure', pressure), ('altitude', altitude), ('co2Level', co2_level)
    UNION ALL SELECT key, CASE WHEN jsonb_typeof(number) = 'number' THEN number::float8 END
    FROM jsonb_each(coalesce(custom, '{}')) AS entry(key, number) WHERE key <> 'temperature' AND length(key) <= 200
  ) AS found(metric, value) WHERE abs(value) < 1e300`

const rollUp = (unit: 'minute' | 'hour'): string => `
  INSERT INTO readings_${unit} (series, count, start, sum, min, max, last, last_ms)
  SELECT id, count(*), date_trunc('${unit}', ts), sum(value), min(value), max(value),
    (array_agg(value ORDER BY ts DESC, received_at DESC, seq DESC NULLS LAST))[1],
    extract(epoch FROM max(ts) - date_trunc('${unit}', ts)) * 1000
  FROM (${VALUES}) AS number JOIN series USING (device_id, metric)
  WHERE ts >= $1::timestamptz AND ts < $2::timestamptz GROUP BY id, date_trunc('${unit}', ts)`

export interface RollupTimes {
  readonly minuteFrom: number
  readonly minuteTo: number
  readonly hourTo: number
}

const iso = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : '-infinity')

/** Makes the minutes and hours of these times out of the rows that are there now. */
export const rollUpTo = async (
  { pool }: Pick<FreshDatabase, 'pool'>,
  { minuteFrom, minuteTo, hourTo }: RollupTimes,
): Promise<void> => {
  await pool.query(
    `INSERT INTO series (device_id, metric) SELECT DISTINCT device_id, metric FROM (${VALUES}) AS number`,
  )
  await pool.query(rollUp('minute'), [iso(minuteFrom), iso(minuteTo)])
  await pool.query(rollUp('hour'), [iso(minuteFrom), iso(hourTo)])
  await pool.query('UPDATE rollup_state SET minute_from = $1, minute_to = $2, hour_to = $3', [
    iso(minuteFrom),
    iso(minuteTo),
    iso(hourTo),
  ])
}

export const markHours = async (
  { pool }: Pick<FreshDatabase, 'pool'>,
  readings: readonly Reading[],
): Promise<void> => {
  await pool.query(
    `INSERT INTO rollup_marks (device_id, hour) SELECT id, date_trunc('hour', at) FROM unnest($1::text[], $2::timestamptz[]) AS late(id, at)`,
    [readings.map(({ deviceId }) => deviceId), readings.map(({ ts }) => iso(ts))],
  )
}

/** Nothing is stored, and nothing rolled up. */
export const emptyRangeTables = async ({ pool }: Pick<FreshDatabase, 'pool'>): Promise<void> => {
  await pool.query(`
    TRUNCATE sensor_data, series, readings_minute, readings_hour, rollup_marks, dropped_months;
    UPDATE rollup_state SET minute_from = '2000-01-01Z', minute_to = '2000-01-01Z', hour_to = '2000-01-01Z'`)
}
