/**
 * The rows of one device as COPY sends them: Postgres writes the lines, and nothing here looks at them. COPY takes no
 * parameters, so every text goes through `escapeLiteral`.
 *
 * `ctid` is last in the order: rows that are alike in everything come in the same order every time.
 */
import pg from 'pg'
import {
  csvField,
  EXPORT_FIELDS,
  type ExportFormat,
  type ExportPart,
  type ExportQuery,
} from '../core/export.ts'
import { isMetricName } from '../core/range.ts'
import { type DeviceId, METRICS, type MetricName } from '../core/reading.ts'

const literal = pg.escapeLiteral

const COLUMN_OF: { readonly [metric in MetricName]: string } = {
  temperature: 'temperature',
  humidity: 'humidity',
  distance: 'distance',
  lightLevel: 'light_level',
  pressure: 'pressure',
  altitude: 'altitude',
  co2Level: 'co2_level',
}

const iso = (column: string): string => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const time = (ms: number): string => `${literal(new Date(ms).toISOString())}::timestamptz`

/** The number a row holds of a metric, whatever its size; null when it holds none. */
const numberOf = (metric: string): string => {
  if (isMetricName(metric)) return COLUMN_OF[metric]
  const value = `custom -> ${literal(metric)}`
  return `CASE WHEN jsonb_typeof(${value}) = 'number' THEN ${value} END`
}

const ORDER = 'ts, received_at, seq NULLS FIRST, boot NULLS FIRST, ctid'

const rowsOf = (
  part: ExportPart,
  metrics: readonly string[] | undefined,
  limit: number | undefined,
): string => {
  const some = metrics?.map((metric) => `${numberOf(metric)} IS NOT NULL`).join(' OR ')
  return `(
    SELECT * FROM sensor_data
    WHERE device_id = ${literal(part.deviceId)} AND ts >= ${time(part.from)} AND ts < ${time(part.to)}
      ${some === undefined ? '' : `AND (${some})`}
    ORDER BY ${ORDER} ${limit === undefined ? '' : `LIMIT ${Math.trunc(limit)}`} OFFSET ${Math.trunc(part.skip)}
  ) AS reading`
}

const SAFE_BOOT = `CASE WHEN left(boot, 1) IN ('=', '+', '-', '@', E'\\t', E'\\r') THEN '''' || boot ELSE boot END`

const csvColumns = (deviceId: DeviceId, metrics: readonly string[] | undefined): string => {
  const id = /^[=+\-@\t\r]/.test(deviceId) ? `'${deviceId}` : deviceId
  const fixed = [
    `${literal(id)}::text`,
    iso('ts'),
    iso('received_at'),
    'ts_source',
    SAFE_BOOT,
    'seq',
    'device_uptime_ms',
  ]
  return [...fixed, ...(metrics ?? METRICS).map(numberOf), ...(metrics === undefined ? ['custom'] : [])].join(
    ', ',
  )
}

/** The pieces of a line of JSON: keys as they are, values as Postgres prints them, which JSON reads. */
const jsonLine = (deviceId: DeviceId, metrics: readonly string[] | undefined): string => {
  const plain = (column: string): string => `coalesce((${column})::text, 'null')`
  const quoted = (column: string): string => `'"', ${column}, '"'`
  const fields: readonly (readonly [key: string, value: string])[] = [
    ['deviceId', literal(JSON.stringify(deviceId))],
    ['ts', quoted(iso('ts'))],
    ['receivedAt', quoted(iso('received_at'))],
    ['tsSource', quoted('ts_source')],
    ['boot', `coalesce(to_json(boot)::text, 'null')`],
    ['seq', plain('seq')],
    ['uptimeMs', plain('device_uptime_ms')],
    ...(metrics ?? METRICS).map((metric) => [metric, plain(numberOf(metric))] as const),
    ...(metrics === undefined ? [['custom', plain('custom')] as const] : []),
  ]
  const pieces = fields.map(
    ([key, value], index) => `${literal(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`)}, ${value}`,
  )
  return `concat(${pieces.join(', ')}, '}')`
}

/** A line of JSON is one field; the characters named here are none that JSON has unescaped. */
const OPTIONS: { readonly [format in ExportFormat]: string } = {
  csv: 'FORMAT csv',
  ndjson: `FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'`,
}

/** COPY of the rows of one device; `limit` of them at most. */
export const copyPart = (
  { format, metrics }: Pick<ExportQuery, 'format' | 'metrics'>,
  part: ExportPart,
  limit: number | undefined,
): string => {
  const columns = format === 'csv' ? csvColumns(part.deviceId, metrics) : jsonLine(part.deviceId, metrics)
  return `COPY (SELECT ${columns} FROM ${rowsOf(part, metrics, limit)}) TO STDOUT (${OPTIONS[format]})`
}

/** What comes before the rows. */
export const headerOf = ({ format, metrics }: Pick<ExportQuery, 'format' | 'metrics'>): string => {
  if (format !== 'csv') return ''
  const fields = [...EXPORT_FIELDS, ...(metrics ?? METRICS), ...(metrics === undefined ? ['custom'] : [])]
  return `${fields.map(csvField).join(',')}\n`
}
