/** How long each table of readings is kept, and what is over its time. Days; 0 is for ever. */
import type { Partition, PartitionedTable } from './partition.ts'

export type RetentionDays = { readonly [table in PartitionedTable]: number }

const DAY_MS = 86_400_000

const longer = (days: number, least: number): number =>
  days === 0 || least === 0 ? 0 : Math.max(days, least)

/** Minutes are kept at least as long as the readings they are made of, and hours as long as the minutes. */
export const effectiveRetention = (days: RetentionDays): RetentionDays => {
  const readings_minute = longer(days.readings_minute, days.sensor_data)
  const readings_hour = longer(days.readings_hour, readings_minute)
  return { sensor_data: days.sensor_data, readings_minute, readings_hour }
}

/** When (epoch ms) all of a partition is over its time; null: never. */
export const dropAt = ({ to }: Pick<Partition, 'to'>, days: number): number | null =>
  days === 0 ? null : Date.parse(to) + days * DAY_MS
