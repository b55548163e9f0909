/**
 * Minutes and hours made anew for some devices and a stretch of time: what is there afterwards is what the finer rows
 * give, however often it is done and whatever was there. Only what changes is written.
 */
import type pg from 'pg'
import type { PartitionedTable } from '../core/partition.ts'
import { aggregates, binOf } from './rollup-aggregates.ts'

/** Some devices, from the start of a bucket up to the start of another one, in epoch ms. */
export interface Stretch {
  readonly deviceIds: readonly string[]
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

const FIELDS = 'series, count, start, sum, min, max, last, last_ms'
const CHANGED = 'count, sum, min, max, last, last_ms'
const row = (name: string): string => `(${CHANGED.replace(/\w+/g, (field) => `${name}.${field}`)})`

/** `fresh` in place of what the table has of the series `known`. */
const replace = (table: PartitionedTable): string => `
gone AS (
  DELETE FROM ${table} AS old
  WHERE series = ANY (ARRAY(SELECT id FROM known)) AND start >= to_timestamp($2) AND start < to_timestamp($3)
    AND NOT EXISTS (SELECT FROM fresh WHERE fresh.series = old.series AND fresh.start = old.start)
),
kept AS (
  INSERT INTO ${table} AS old (${FIELDS}) SELECT ${FIELDS} FROM fresh
  ON CONFLICT (series, start) DO UPDATE SET (${CHANGED}) = ${row('EXCLUDED')}
  WHERE ${row('old')} IS DISTINCT FROM ${row('EXCLUDED')}
)`

/** `fresh` beside what the table has: readings that are in none of its rows yet. */
const add = (table: PartitionedTable): string => `
kept AS (
  INSERT INTO ${table} AS old (${FIELDS}) SELECT ${FIELDS} FROM fresh
  ON CONFLICT (series, start) DO UPDATE SET
    count = old.count + EXCLUDED.count, sum = old.sum + EXCLUDED.sum,
    min = least(old.min, EXCLUDED.min), max = greatest(old.max, EXCLUDED.max),
    last = CASE WHEN EXCLUDED.last_ms >= old.last_ms THEN EXCLUDED.last ELSE old.last END,
    last_ms = greatest(old.last_ms, EXCLUDED.last_ms)
)`

const LEFT_OUT = 'SELECT count::integer AS "leftOut" FROM left_out'

const MAKE_MINUTES = `${aggregates({ from: 'sensor_data', width: '1 minute' })}, ${replace('readings_minute')}
  ${LEFT_OUT}`

const MAKE_HOURS = `
WITH known AS MATERIALIZED (SELECT id FROM series WHERE device_id = ANY ($1::text[])),
fresh AS MATERIALIZED (
  SELECT series, hour AS start, sum(count)::integer AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max,
    (array_agg(last))[count(*)] AS last, (array_agg(last_ms))[count(*)] AS last_ms
  FROM (
    SELECT series, hour, count, sum, min, max, last,
      last_ms + (extract(epoch FROM start - hour) * 1000)::integer AS last_ms
    FROM (SELECT *, ${binOf('1 hour', 'start')} AS hour FROM readings_minute) AS minute
    WHERE series = ANY (ARRAY(SELECT id FROM known)) AND start >= to_timestamp($2) AND start < to_timestamp($3)
    ORDER BY series, hour, start
  ) AS minute
  GROUP BY series, hour
), ${replace('readings_hour')}
SELECT`

const valuesOf = ({ deviceIds, from, to }: Stretch): readonly unknown[] => [deviceIds, from / 1000, to / 1000]

const leftOut = ({ rows }: pg.QueryResult<{ leftOut: number }>): number => rows[0]?.leftOut ?? 0

/** Makes the minutes anew. Returns how many numbers were left out: their device has too many series. */
export const makeMinutes = async (client: pg.ClientBase, stretch: Stretch): Promise<number> =>
  leftOut(await client.query(MAKE_MINUTES, [...valuesOf(stretch)]))

/** Makes the hours anew, of the minutes that are there. */
export const makeHours = async (client: pg.ClientBase, stretch: Stretch): Promise<void> => {
  await client.query(MAKE_HOURS, [...valuesOf(stretch)])
}

/** Adds the readings in the table `from` to the minutes or the hours. Not to be done twice. */
export const addReadings = async (
  client: pg.ClientBase,
  stretch: Stretch,
  { from, table }: { readonly from: string; readonly table: 'readings_minute' | 'readings_hour' },
): Promise<number> => {
  const width = table === 'readings_minute' ? '1 minute' : '1 hour'
  const sql = `${aggregates({ from, width })} ${add(table)} ${LEFT_OUT}`
  return leftOut(await client.query(sql, [...valuesOf(stretch)]))
}
