/**
 * The SQL that makes minutes or hours of the raw readings of some devices, in one statement: aggregates of all columns
 * side by side, so that each row is read once, then one row for each number. Rows with `custom` are read once more,
 * for its numbers.
 *
 * `last` is the last element of an array that is gathered from the oldest row to the newest: the rows come sorted by
 * what they are grouped by and then by time, so there is nothing left to sort that could bring them out of order. Ties:
 * newer received_at, then higher seq.
 * Numbers of 1e300 and above, by amount, are left out: a sum of two could overflow, and would stop the rollups for ever.
 */
import { METRICS } from '../core/reading.ts'

/** Series that a device can have; numbers beyond them are left out, and counted. */
export const MAX_SERIES = 256
const MAX_KEY_LENGTH = 200
const MOST = '1e300'
/** Below it a numeric becomes no double but an error. */
const LEAST = '1e-320'

/** Whole days before any reading: every minute and hour of UTC is a whole number of them away. */
const EPOCH = `timestamptz '0001-01-01T00:00:00Z'`

/** The start of the `width` (`1 minute`, `1 hour`) that `time` lies in. */
export const binOf = (width: Width, time: string): string => `date_bin('${width}', ${time}, ${EPOCH})`

export type Width = '1 minute' | '1 hour'

/** `light_level` for `lightLevel`. */
const columnOf = (metric: string): string => metric.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const COLUMNS = METRICS.map(columnOf)
const NAMES = METRICS.map((metric) => `'${metric}'`).join(', ')
const OLDEST_FIRST = 'ts, received_at, seq NULLS FIRST'

const boundedColumn = (column: string): string =>
  `CASE WHEN abs(${column}::double precision) < ${MOST} THEN ${column}::double precision END AS ${column}`

const aggregatesOf = (column: string): string => `
      count(${column}) AS ${column}_count, sum(${column}) AS ${column}_sum, min(${column}) AS ${column}_min,
      max(${column}) AS ${column}_max,
      (array_agg(${column}) FILTER (WHERE ${column} IS NOT NULL))[count(${column})] AS ${column}_last,
      max(ts) FILTER (WHERE ${column} IS NOT NULL) AS ${column}_at`

const valuesOf = (metric: string): string => {
  const c = columnOf(metric)
  return `('${metric}', ${c}_count, ${c}_sum, ${c}_min, ${c}_max, ${c}_last, ${c}_at)`
}

/** The outer CASE keeps what is no number from being cast, whatever is looked at first. */
const CUSTOM_NUMBER = `
  CASE WHEN jsonb_typeof(value) = 'number' THEN
    CASE WHEN abs(value::numeric) >= ${MOST} THEN NULL WHEN abs(value::numeric) < ${LEAST} THEN 0
      ELSE value::double precision END
  END`

const rowsOf = (table: string): string =>
  `${table} WHERE device_id = scope.device_id AND ts >= to_timestamp($2) AND ts < to_timestamp($3)`

const wide = (table: string, width: Width): string => `
  SELECT scope.device_id, bucket.* FROM scope CROSS JOIN LATERAL (
    SELECT start, bool_or(has_custom) AS has_custom, ${COLUMNS.map(aggregatesOf).join(',')}
    FROM (
      SELECT ${binOf(width, 'ts')} AS start, ts, custom IS NOT NULL AS has_custom,
        ${COLUMNS.map(boundedColumn).join(', ')}
      FROM ${rowsOf(table)} ORDER BY start, ${OLDEST_FIRST}
    ) AS reading
    GROUP BY start
  ) AS bucket`

const custom = (table: string, width: Width): string => `
  SELECT scope.device_id, start, metric, count, sum, min, max, last, at
  FROM (SELECT device_id FROM scope WHERE device_id IN (SELECT device_id FROM wide WHERE has_custom)) AS scope
  CROSS JOIN LATERAL (
    SELECT start, metric, count(*) AS count, sum(number) AS sum, min(number) AS min, max(number) AS max,
      (array_agg(number))[count(*)] AS last, max(ts) AS at
    FROM (
      SELECT ${binOf(width, 'ts')} AS start, key AS metric, ts, ${CUSTOM_NUMBER} AS number
      FROM (SELECT * FROM ${rowsOf(table)} AND custom IS NOT NULL) AS reading
      CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(custom) WHEN 'object' THEN custom END)
      WHERE length(key) <= ${MAX_KEY_LENGTH} AND key NOT IN (${NAMES})
      ORDER BY start, metric, ${OLDEST_FIRST}
    ) AS field
    WHERE number IS NOT NULL
    GROUP BY start, metric
  ) AS bucket`

export interface AggregatesOptions {
  /** `sensor_data`, or a table of the same columns. */
  readonly from: string
  readonly width: Width
}

/**
 * The head of a statement: the CTEs `known` and `made` (series of the devices, new ones made), and `fresh`, the rows
 * for `readings_minute` or `readings_hour`; `left_out` counts those that no series is left for.
 * $1: device ids; $2, $3: from and to (exclusive) in epoch seconds, both at the start of a bucket.
 */
export const aggregates = ({ from, width }: AggregatesOptions): string => `
WITH scope AS MATERIALIZED (SELECT unnest($1::text[]) AS device_id),
wide AS MATERIALIZED (${wide(from, width)}),
numbers AS MATERIALIZED (
  SELECT device_id, start, number.* FROM wide
  CROSS JOIN LATERAL (VALUES ${METRICS.map(valuesOf).join(', ')}) AS number (metric, count, sum, min, max, last, at)
  WHERE count > 0
  UNION ALL ${custom(from, width)}
),
known AS MATERIALIZED (SELECT id, device_id, metric FROM series WHERE device_id = ANY ($1::text[])),
made AS (
  INSERT INTO series (device_id, metric)
  SELECT device_id, metric FROM (
    SELECT device_id, metric, coalesce(taken, 0) +
      row_number() OVER (PARTITION BY device_id ORDER BY metric NOT IN (${NAMES}), metric) AS n
    FROM (SELECT device_id, metric FROM numbers EXCEPT SELECT device_id, metric FROM known) AS new
    LEFT JOIN (SELECT device_id, count(*) AS taken FROM known GROUP BY device_id) AS those USING (device_id)
  ) AS numbered
  WHERE n <= ${MAX_SERIES}
  RETURNING id, device_id, metric
),
fresh AS MATERIALIZED (
  SELECT id AS series, count::integer AS count, start, sum, min, max, last,
    (extract(epoch FROM at - start) * 1000)::integer AS last_ms
  FROM numbers JOIN (SELECT * FROM known UNION ALL SELECT * FROM made) AS series USING (device_id, metric)
),
left_out AS (SELECT (SELECT count(*) FROM numbers) - (SELECT count(*) FROM fresh) AS count)`
