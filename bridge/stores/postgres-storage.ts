/** How large the tables of readings are, when the next of their partitions goes, and how far the rollups are. */
import type pg from 'pg'
import { type PartitionedTable, parsePartitionName } from '../core/partition.ts'
import { dropAt, effectiveRetention, type RetentionDays } from '../core/retention.ts'
import { readError } from './postgres-errors.ts'

export interface TableStorage {
  readonly table: 'raw' | 'minute' | 'hour'
  /** Heap, indexes and TOAST of all partitions. */
  readonly bytes: number
  readonly partitions: number
  /** Start of the oldest partition, epoch ms; null without any. */
  readonly oldest: number | null
  /** 0: for ever. */
  readonly retentionDays: number
  /** When the oldest partition may be dropped, epoch ms; null: never. */
  readonly nextDropAt: number | null
}

export interface RollupProgress {
  /** How long ago the newest minute that is made ended: up to 90,000 when all is well. */
  readonly behindMs: number
  /** Hours of devices that got readings since they were made, repetitions included. */
  readonly marks: number
}

export interface Storage {
  readonly tables: readonly TableStorage[]
  readonly rollups: RollupProgress
}

const NAMES = {
  sensor_data: 'raw',
  readings_minute: 'minute',
  readings_hour: 'hour',
} as const satisfies Record<PartitionedTable, TableStorage['table']>

const PARTITIONS = `
  SELECT inhparent::regclass::text AS table, relname AS name,
    pg_total_relation_size(inhrelid)::double precision AS bytes
  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = ANY ('{sensor_data,readings_minute,readings_hour}'::regclass[])
  ORDER BY relname`
const PROGRESS = `
  SELECT greatest(0, round(extract(epoch FROM now() - minute_to) * 1000))::double precision AS "behindMs",
    (SELECT count(*) FROM rollup_marks)::double precision AS marks
  FROM rollup_state`

interface PartitionRow {
  readonly table: PartitionedTable
  readonly name: string
  /** Null: it was dropped meanwhile. */
  readonly bytes: number | null
}

const storageOf = (
  table: PartitionedTable,
  rows: readonly PartitionRow[],
  retentionDays: number,
): TableStorage => {
  const own = rows.filter((row) => row.table === table)
  const [oldest] = own.flatMap(({ name }) => parsePartitionName(table, name) ?? [])
  return {
    table: NAMES[table],
    bytes: own.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    partitions: own.length,
    oldest: oldest === undefined ? null : Date.parse(oldest.from),
    retentionDays,
    nextDropAt: oldest === undefined ? null : dropAt(oldest, retentionDays),
  }
}

/** Asks Postgres at each call. Throws STORE_UNAVAILABLE. */
export const createStorageReader = (pool: pg.Pool, retention: RetentionDays): (() => Promise<Storage>) => {
  const days = effectiveRetention(retention)
  return async () => {
    try {
      const { rows } = await pool.query<PartitionRow>(PARTITIONS)
      const { rows: progress } = await pool.query<RollupProgress>(PROGRESS)
      const tables = (['sensor_data', 'readings_minute', 'readings_hour'] as const).map((table) =>
        storageOf(table, rows, days[table]),
      )
      return { tables, rollups: progress[0] ?? { behindMs: 0, marks: 0 } }
    } catch (error) {
      throw readError(error, 'Reading the sizes of the tables')
    }
  }
}
