/**
 * Minutes and hours beside a plain GROUP BY of the raw readings, written apart from the code under test. One statement:
 * what it reads is of one moment. $1: only what `rollup_state` and `rollup_marks` say may be read.
 */
import { METRICS } from '../../bridge/core/reading.ts'

const COLUMNS = METRICS.map(
  (metric) => `('${metric}', ${metric.replace(/[A-Z]/g, (a) => `_${a.toLowerCase()}`)}::float8)`,
)

const bucketsOf = (unit: 'minute' | 'hour'): string => `
  SELECT '${unit}' AS unit, device_id, metric, date_trunc('${unit}', ts, 'UTC') AS start, count(*)::int AS count, sum(value) AS sum,
    min(value) AS min, max(value) AS max,
    (array_agg(value ORDER BY ts DESC, received_at DESC, seq DESC NULLS LAST))[1] AS last,
    floor(extract(epoch FROM max(ts) - date_trunc('${unit}', max(ts), 'UTC')) * 1000)::int AS last_ms
  FROM value GROUP BY 2, 3, 4`

const madeOf = (unit: 'minute' | 'hour'): string => `
  SELECT '${unit}' AS unit, device_id, metric, start, count, sum, min, max, last, last_ms
  FROM readings_${unit} JOIN series ON id = series`

export const COMPARE = `
WITH value AS (
  SELECT device_id, ts, received_at, seq, metric, value
  FROM sensor_data CROSS JOIN LATERAL (VALUES ${COLUMNS.join(', ')}) AS it (metric, value)
  WHERE abs(value) < 1e300
  UNION ALL
  SELECT device_id, ts, received_at, seq, key, value::text::float8
  FROM (SELECT * FROM sensor_data WHERE jsonb_typeof(custom) = 'object') AS own CROSS JOIN LATERAL jsonb_each(custom)
  WHERE jsonb_typeof(value) = 'number' AND key NOT IN (${METRICS.map((m) => `'${m}'`).join(', ')}) AND length(key) <= 200
), raw AS (${bucketsOf('minute')} UNION ALL ${bucketsOf('hour')}),
made AS (${madeOf('minute')} UNION ALL ${madeOf('hour')}),
wrong AS (
  SELECT 'missing' AS what, * FROM (SELECT * FROM raw EXCEPT ALL SELECT * FROM made) AS a
  UNION ALL
  SELECT 'too much', * FROM (SELECT * FROM made EXCEPT ALL SELECT * FROM raw) AS b
)
SELECT wrong.* FROM wrong CROSS JOIN rollup_state
WHERE NOT $1::boolean OR (
  start >= minute_from AND start < CASE unit WHEN 'minute' THEN minute_to ELSE hour_to END
  AND NOT EXISTS (
    SELECT FROM rollup_marks AS mark
    WHERE mark.device_id = wrong.device_id AND mark.hour = date_trunc('hour', wrong.start, 'UTC')
  )
)
ORDER BY start, unit, device_id, metric LIMIT 5`
