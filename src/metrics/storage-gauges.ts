/** Tables of readings, and the minutes and hours that are made of them. */
import type { Registry } from 'prom-client'
import type { RollupCounts, Storage } from '../../bridge/index.ts'
import { count, gauge, gauges } from './instruments.ts'

export type StorageSource = () =>
  | { readonly storage: Storage | undefined; readonly counts: RollupCounts }
  | undefined

type Values = Readonly<Record<string, number>>

/** Without a database, or while nothing is heard of it, the gauges have no value or are NaN. */
export const readStorage = (registry: Registry, source: StorageSource): void => {
  const tables = () => source()?.storage?.tables ?? []
  gauges(
    registry,
    { name: 'table_bytes', help: 'Size of a table of readings with its indexes', label: 'table' },
    (): Values => Object.fromEntries(tables().map(({ table, bytes }) => [table, bytes])),
  )
  gauges(
    registry,
    {
      name: 'table_next_drop_timestamp_seconds',
      help: 'When the oldest partition may be dropped',
      label: 'table',
    },
    (): Values =>
      Object.fromEntries(
        tables().flatMap(({ table, nextDropAt }) =>
          nextDropAt === null ? [] : [[table, nextDropAt / 1_000]],
        ),
      ),
  )
  const rollups = () => source()?.storage?.rollups
  gauge(
    registry,
    {
      name: 'rollup_behind_seconds',
      help: 'Age of the newest minute that is made; below 100 when all is well',
    },
    () => (rollups()?.behindMs ?? Number.NaN) / 1_000,
  )
  gauge(
    registry,
    { name: 'rollup_marks', help: 'Hours of devices that got readings since they were made' },
    () => rollups()?.marks ?? Number.NaN,
  )
  const of = (name: string, help: string, field: keyof RollupCounts): void =>
    void count(registry, { name, help }, () => source()?.counts[field] ?? 0)
  of('rollup_errors', 'Rounds of making minutes and hours that failed', 'errors')
  of('rollup_series_refused', 'Numbers in no minute or hour: their device has too many', 'seriesRefused')
}
