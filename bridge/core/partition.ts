/** The tables that are partitioned by time, and their partitions: months or years, in UTC. */
export const TABLES = ['sensor_data', 'readings_minute', 'readings_hour'] as const

export type PartitionedTable = (typeof TABLES)[number]

const SPANS = {
  sensor_data: 'month',
  readings_minute: 'month',
  readings_hour: 'year',
} as const satisfies Record<PartitionedTable, 'month' | 'year'>

export interface Partition {
  /** `sensor_data_2026_11`, `readings_hour_2026` */
  readonly name: string
  /** First day, `2026-11-01`. Midnight UTC is meant: SQL has to name the zone, or the session's applies. */
  readonly from: string
  /** First day of the partition after, exclusive. */
  readonly to: string
}

const PARTITION_NAMES = {
  month: /^(\d{4})_(0[1-9]|1[0-2])$/,
  year: /^(\d{4})$/,
} as const

const dayOf = (year: number, month: number): string => {
  const date = new Date(0)
  date.setUTCFullYear(year, month, 1) // Date.UTC takes the years 0 to 99 for those of the last century
  return date.toISOString().slice(0, 10)
}

/** `month` counts from 0 and may be beyond 11. */
const partitionAt = (table: PartitionedTable, year: number, month: number): Partition => {
  if (SPANS[table] === 'year') {
    const from = dayOf(year, 0)
    return { name: `${table}_${from.slice(0, 4)}`, from, to: dayOf(year + 1, 0) }
  }
  const from = dayOf(year, month)
  return { name: `${table}_${from.slice(0, 7).replace('-', '_')}`, from, to: dayOf(year, month + 1) }
}

/** The partition that a time (epoch ms) lies in. */
export const partitionOf = (table: PartitionedTable, epochMs: number): Partition => {
  const date = new Date(epochMs)
  return partitionAt(table, date.getUTCFullYear(), date.getUTCMonth())
}

/** The partitions of the month of `now` (epoch ms) and of the `months` after it, each once. */
export const partitionsAhead = (
  table: PartitionedTable,
  now: number,
  months: number,
): readonly Partition[] => {
  const date = new Date(now)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const wanted = Array.from({ length: months + 1 }, (_, i) => {
    const first = new Date(Date.UTC(year, month + i, 1))
    return partitionAt(table, first.getUTCFullYear(), first.getUTCMonth())
  })
  return wanted.filter(({ name }, i) => name !== wanted[i - 1]?.name)
}

/** The partition of that name; undefined for any other table. */
export const parsePartitionName = (table: PartitionedTable, name: string): Partition | undefined => {
  if (!name.startsWith(`${table}_`)) return undefined
  const match = PARTITION_NAMES[SPANS[table]].exec(name.slice(table.length + 1))
  return match === null ? undefined : partitionAt(table, Number(match[1]), Number(match[2] ?? 1) - 1)
}
