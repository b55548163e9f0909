/**
 * Dropping what is over its time, by whole partitions. A month of readings goes only when its minutes and hours are made
 * and nothing in it is marked, which is looked at under the lock of the table: nobody is writing then. The lock is
 * waited for a second at most, for all others wait behind it; whoever calls comes again.
 */
import type pg from 'pg'
import { type Partition, type PartitionedTable, parsePartitionName } from '../core/partition.ts'
import { dropAt, type RetentionDays } from '../core/retention.ts'
import { attachedNames, LOCK_PARTITIONS } from './postgres-partitions.ts'
import type { RollupSession } from './rollup-session.ts'

const NOW = 'SELECT (extract(epoch FROM now()) * 1000)::double precision AS now'

/** $1, $2: the month, $3 its name. One that was dropped before holds what has to be added: rollup-late-months.ts. */
const IS_MADE = `
  SELECT minute_from <= $1::timestamptz AND hour_to >= $2::timestamptz AND NOT EXISTS (
    SELECT FROM rollup_marks WHERE hour >= $1::timestamptz AND hour < $2::timestamptz
  ) AND NOT EXISTS (SELECT FROM dropped_months WHERE month = $3) AS "isMade" FROM rollup_state`
const NOTE_DROPPED = 'INSERT INTO dropped_months (month) VALUES ($1)'
const NOTE_MINUTES = 'UPDATE dropped_months SET minutes_dropped_at = now() WHERE month = $1'

const midnight = (day: string): string => `${day}T00:00:00Z`

/** `2026_01` of `sensor_data_2026_01`. */
export const monthName = ({ name }: Partition): string => name.slice(-'2026_01'.length)

/** Partitions of ours, oldest first. */
export const attached = async (
  client: pg.ClientBase | pg.Pool,
  table: PartitionedTable,
): Promise<readonly Partition[]> =>
  (await attachedNames(client, table)).flatMap((name) => parsePartitionName(table, name) ?? [])

const isMade = async (client: pg.ClientBase, month: Partition): Promise<boolean> => {
  const values = [midnight(month.from), midnight(month.to), monthName(month)]
  const { rows } = await client.query<{ isMade: boolean }>(IS_MADE, values)
  return rows[0]?.isMade === true
}

const dropMonth = async (client: pg.ClientBase, month: Partition): Promise<boolean> => {
  await client.query(LOCK_PARTITIONS)
  await client.query('LOCK TABLE sensor_data IN ACCESS EXCLUSIVE MODE')
  if (!(await isMade(client, month))) return false
  await client.query(NOTE_DROPPED, [monthName(month)])
  await client.query(`DROP TABLE IF EXISTS ${month.name}`)
  return true
}

const dropRollups = async (client: pg.ClientBase, { name }: Partition, note?: string): Promise<boolean> => {
  await client.query(LOCK_PARTITIONS)
  await client.query(`DROP TABLE IF EXISTS ${name}`)
  if (note !== undefined) await client.query(NOTE_MINUTES, [note])
  return true
}

/** What lies in one of these is not dropped: it is made of it. */
const isUnder = (outer: Partition, inner: readonly Partition[]): boolean =>
  inner.some(({ from }) => from >= outer.from && from < outer.to)

/** Drops what can be dropped now. Returns the names. Errors are those of `pg`, 55P03 for a table that is in use. */
export const dropOld = async (session: RollupSession, days: RetentionDays): Promise<readonly string[]> => {
  const [row] = await session.query<{ now: number }>(NOW)
  const now = row?.now ?? 0
  const dropped: string[] = []
  const isOld = (partition: Partition, kept: number): boolean =>
    (dropAt(partition, kept) ?? Number.POSITIVE_INFINITY) <= now
  const drop = async (partition: Partition, work: typeof dropMonth): Promise<void> => {
    const { result } = await session.chunk((client) => work(client, partition))
    if (result) dropped.push(partition.name)
  }
  const of = (table: PartitionedTable) => session.use((client) => attached(client, table))

  for (const month of await of('sensor_data')) {
    // Looked at before anybody has to wait for it.
    if (isOld(month, days.sensor_data) && (await session.use((client) => isMade(client, month))))
      await drop(month, dropMonth)
  }
  const months = await of('sensor_data')
  for (const month of await of('readings_minute')) {
    if (isOld(month, days.readings_minute) && !isUnder(month, months))
      await drop(month, (client) => dropRollups(client, month, monthName(month)))
  }
  const finer = [...months, ...(await of('readings_minute'))]
  for (const year of await of('readings_hour')) {
    if (isOld(year, days.readings_hour) && !isUnder(year, finer)) await drop(year, dropRollups)
  }
  return dropped
}
