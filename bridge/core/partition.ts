/** The months by which `sensor_data` is partitioned, in UTC. */
export interface Month {
  /** `sensor_data_2026_11` */
  readonly name: string
  /** First day, `2026-11-01`. Midnight UTC is meant: SQL has to name the zone, or the session's applies. */
  readonly from: string
  /** First day of the month after, exclusive. */
  readonly to: string
}

const PARTITION_NAME = /^sensor_data_(\d{4})_(0[1-9]|1[0-2])$/

/** `month` counts from 0 and may be beyond 11. */
const monthAt = (year: number, month: number): Month => {
  const from = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10)
  const to = new Date(Date.UTC(year, month + 1, 1)).toISOString().slice(0, 10)
  return { name: `sensor_data_${from.slice(0, 7).replace('-', '_')}`, from, to }
}

/** The month that a time (epoch ms) lies in. */
export const monthOf = (epochMs: number): Month => {
  const date = new Date(epochMs)
  return monthAt(date.getUTCFullYear(), date.getUTCMonth())
}

/** The month of `now` (epoch ms) and the `count` after it. */
export const monthsAhead = (now: number, count: number): readonly Month[] => {
  const date = new Date(now)
  return Array.from({ length: count + 1 }, (_, i) => monthAt(date.getUTCFullYear(), date.getUTCMonth() + i))
}

/** The month of a partition's name; undefined for any other table. */
export const parsePartitionName = (name: string): Month | undefined => {
  const match = PARTITION_NAME.exec(name)
  return match === null ? undefined : monthAt(Number(match[1]), Number(match[2]) - 1)
}
