/**
 * The statements of history over a range. One row a series, its columns as JSON arrays: a driver that makes an object
 * of every bucket takes ten times as long.
 *
 * `last` is the value of the newest reading, by time, receipt, then seq: the greatest of arrays that begin with these,
 * which takes one pass and no sort. OFFSET 0 keeps them from being made again for every column.
 */
import { MAX_METRIC_LENGTH } from '../core/range.ts'
import { METRICS, type MetricName } from '../core/reading.ts'

const COLUMN_OF: { readonly [metric in MetricName]: string } = {
  temperature: 'temperature',
  humidity: 'humidity',
  distance: 'distance',
  lightLevel: 'light_level::float8',
  pressure: 'pressure',
  altitude: 'altitude',
  co2Level: 'co2_level',
}

const MS = (time: string): string => `(extract(epoch FROM ${time}) * 1000)::float8`
const BIN = (time: string, width: string): string =>
  `date_bin(${width}::interval, ${time}, timestamptz 'epoch')`
const sound = (value: string): string => `CASE WHEN abs(${value}) < 1e300 THEN ${value} END`
const NAMES = METRICS.map((metric) => `'${metric}'`).join(', ')

/**
 * The number of a value of custom, else null; as rollup-aggregates.ts has it. Compared as numeric: what is beyond a
 * double must not fail. Cases in cases keep what is no number from being cast.
 */
const customNumber = (value: string): string =>
  `CASE WHEN jsonb_typeof(${value}) = 'number' THEN
    CASE WHEN abs(${value}::numeric) >= 1e300 THEN NULL WHEN abs(${value}::numeric) < 1e-320 THEN 0 ELSE ${value}::float8 END
  END`
const CUSTOM = `CASE WHEN jsonb_typeof(custom) = 'object' THEN custom ELSE '{}' END`
const isMetricKey = (key: string): string =>
  `${key} NOT IN (${NAMES}) AND length(${key}) <= ${MAX_METRIC_LENGTH}`

/**
 * $1 device ids, $2 from, $3 to, $4 rows to count at most. The state of the rollups, series and marks of the devices,
 * and how many rows each device has in the range.
 */
export const STATE = `
  SELECT ${['minute_from', 'minute_to', 'hour_to'].map((name) => `date_part('epoch', ${name}) * 1000 AS ${name}`).join(', ')},
    (SELECT coalesce(json_agg(json_build_array(month, minutes_dropped_at IS NOT NULL)), '[]') FROM dropped_months) AS dropped,
    (SELECT coalesce(json_agg(json_build_array(name, month, (
      SELECT json_agg(id) FROM unnest($1::text[]) AS device(id) WHERE id > late_months.device_id
    ))), '[]') FROM late_months) AS late,
    (SELECT coalesce(json_agg(json_build_array(device_id, metric, id)), '[]')
      FROM series WHERE device_id = ANY($1::text[])) AS series,
    (SELECT coalesce(json_agg(json_build_array(device_id, ${MS('hour')})), '[]') FROM (
      SELECT DISTINCT device_id, hour FROM rollup_marks
      WHERE device_id = ANY($1::text[]) AND hour > $2::timestamptz - interval '1 hour' AND hour < $3::timestamptz
    ) AS marks) AS marks,
    (SELECT json_agg(n ORDER BY place) FROM unnest($1::text[]) WITH ORDINALITY AS device(id, place), LATERAL (
      SELECT count(*) AS n FROM (
        SELECT FROM sensor_data
        WHERE device_id = device.id AND ts >= $2::timestamptz AND ts < $3::timestamptz LIMIT $4::int
      ) AS found
    ) AS counted) AS rows
  FROM rollup_state`

/** $1 device ids, $2 from, $3 to, $4 metrics or null. Every number of every row. */
export const ROWS = `
  SELECT place::int AS device, metric, json_agg(t ORDER BY nth) AS t, json_agg(value ORDER BY nth) AS value
  FROM (
    SELECT place, reading.*, ${MS('ts')} AS t,
      row_number() OVER (PARTITION BY place ORDER BY ts, received_at, seq NULLS FIRST) AS nth
    FROM unnest($1::text[]) WITH ORDINALITY AS device(id, place), LATERAL (
      SELECT * FROM sensor_data
      WHERE device_id = device.id AND ts >= $2::timestamptz AND ts < $3::timestamptz OFFSET 0
    ) AS reading
  ) AS readings, LATERAL (
    VALUES ${METRICS.map((metric) => `('${metric}', ${COLUMN_OF[metric]})`).join(', ')}
    UNION ALL
    SELECT key, ${customNumber('number')} FROM jsonb_each(${CUSTOM}) AS entry(key, number) WHERE ${isMetricKey('key')}
  ) AS found(metric, value)
  WHERE abs(value) < 1e300 AND ($4::text[] IS NULL OR metric = ANY($4::text[]))
  GROUP BY place, metric`

/** Buckets start on whole seconds, which a double times 1,000 tells exactly; by way of numeric it takes three times as long. */
const PARTIALS = `
  json_build_object(
    'bucket', json_agg(date_part('epoch', start) * 1000), 'count', json_agg(n), 'sum', json_agg(total), 'min', json_agg(least),
    'max', json_agg(greatest), 'lastMs', json_agg(round(newest[1] * 1000)), 'last', json_agg(newest[cardinality(newest)])
  ) AS partials`

const RAW_STRETCHES = `unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS stretch(place, id, low, high)`
const RAW = 'sensor_data'
const rowsOf = (table: string): string =>
  `${table} WHERE device_id = stretch.id AND ts >= stretch.low AND ts < stretch.high`

const aggregates = (metric: MetricName): string =>
  `count(${metric}) AS n_${metric}, sum(${metric}) AS total_${metric}, min(${metric}) AS least_${metric},
   max(${metric}) AS greatest_${metric}, max(ARRAY[t, received, nth, ${metric}]) FILTER (WHERE ${metric} IS NOT NULL) AS newest_${metric}`

/** Raw rows by bucket, these columns. $1–$4 stretches, $5 width, $6 metrics or null. */
export const rawColumns = (metrics: readonly MetricName[], table: string = RAW): string => `
  SELECT place AS device, metric, ${PARTIALS} FROM (
    SELECT place, ${BIN('ts', '$5')} AS start, ${metrics.map(aggregates).join(', ')}
    FROM ${RAW_STRETCHES}, LATERAL (
      SELECT ts, date_part('epoch', ts) AS t, date_part('epoch', received_at) AS received, coalesce(seq, -1)::float8 AS nth,
        ${metrics.map((metric) => `${sound(COLUMN_OF[metric])} AS ${metric}`).join(', ')}
      FROM ${rowsOf(table)} OFFSET 0
    ) AS reading GROUP BY 1, 2
  ) AS buckets, LATERAL (VALUES ${metrics
    .map(
      (metric) =>
        `('${metric}', n_${metric}, total_${metric}, least_${metric}, greatest_${metric}, newest_${metric})`,
    )
    .join(', ')}) AS found(metric, n, total, least, greatest, newest)
  WHERE n > 0 AND ($6::text[] IS NULL OR metric = ANY($6::text[]))
  GROUP BY place, metric`

const rawCustom = (entries: string, table: string): string => `
  SELECT place AS device, metric, ${PARTIALS} FROM (
    SELECT place, metric, ${BIN('ts', '$5')} AS start, count(value) AS n, sum(value) AS total, min(value) AS least,
      max(value) AS greatest, max(ARRAY[t, received, nth, value]) AS newest
    FROM ${RAW_STRETCHES}, LATERAL (
      SELECT ts, date_part('epoch', ts) AS t, date_part('epoch', received_at) AS received, coalesce(seq, -1)::float8 AS nth,
        key AS metric, ${customNumber('number')} AS value
      FROM (SELECT * FROM ${rowsOf(table)} AND custom IS NOT NULL OFFSET 0) AS reading, ${entries} OFFSET 0
    ) AS number WHERE value IS NOT NULL GROUP BY 1, 2, 3
  ) AS buckets GROUP BY place, metric`

const NAMED = `LATERAL (SELECT key, custom -> key FROM unnest($6::text[]) AS key) AS entry(key, number)`
const EVERY = `LATERAL (
  SELECT * FROM jsonb_each(${CUSTOM}) AS one(key, number) WHERE ${isMetricKey('key')} AND $6::text[] IS NULL
) AS entry`

/** As `rawColumns`, the keys of custom in $6 … */
export const rawNamed = (table: string = RAW): string => rawCustom(NAMED, table)
/** … or every key that is a metric. */
export const rawEvery = (table: string = RAW): string => rawCustom(EVERY, table)

/** Minutes or hours by bucket. $1 place of the series, $2 its id, $3–$4 stretches, $5 width. */
export const rolledUp = (table: 'readings_minute' | 'readings_hour'): string => `
  SELECT place AS device, ${PARTIALS} FROM (
    SELECT place, ${BIN('rolled.start', '$5')} AS start, sum(count) AS n, sum(sum) AS total, min(min) AS least,
      max(max) AS greatest, max(ARRAY[date_part('epoch', rolled.start) + last_ms / 1000.0::float8, last]) AS newest
    FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[]) AS stretch(place, series, low, high), LATERAL (
      SELECT * FROM ${table} WHERE series = stretch.series AND start >= stretch.low AND start < stretch.high OFFSET 0
    ) AS rolled GROUP BY 1, 2
  ) AS buckets GROUP BY place`
