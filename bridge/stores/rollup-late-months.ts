/**
 * Readings for a month that was dropped: they lie in a partition that was made for them anew. It is detached, so that
 * nobody writes to it any more, and then added to the minutes and hours that are there, some devices a transaction
 * together with the note of how far it is: each reading counts once, whatever breaks. At the end it is dropped.
 */
import type pg from 'pg'
import { type Partition, parsePartitionName } from '../core/partition.ts'
import { LOCK_PARTITIONS } from './postgres-partitions.ts'
import { addReadings } from './rollup-buckets.ts'
import type { RollupWork } from './rollup-forward.ts'
import { attached, monthName } from './rollup-retention.ts'

const DROPPED = 'SELECT month FROM dropped_months'
const BEGUN = `
  SELECT name, month, minutes_dropped_at IS NULL AS "hasMinutes" FROM late_months JOIN dropped_months USING (month)
  ORDER BY name`
const LAST = 'SELECT device_id AS "deviceId" FROM late_months WHERE name = $1'
const BEGIN = 'INSERT INTO late_months (name, month) VALUES ($1, $2)'
const MOVE = 'UPDATE late_months SET device_id = $2 WHERE name = $1'
const END = 'DELETE FROM late_months WHERE name = $1'
const FORGET_MARKS = `DELETE FROM rollup_marks WHERE to_char(hour AT TIME ZONE 'UTC', 'YYYY_MM') = $1`

const NEXT = (name: string): string =>
  `SELECT device_id AS "deviceId" FROM ${name} WHERE device_id > $1 ORDER BY device_id LIMIT 1`

interface LateMonth {
  readonly name: string
  readonly month: string
  readonly hasMinutes: boolean
}

const detach = async (client: pg.ClientBase, partition: Partition): Promise<void> => {
  const name = `${partition.name}_late`
  await client.query(LOCK_PARTITIONS)
  await client.query(`ALTER TABLE sensor_data DETACH PARTITION ${partition.name}`)
  await client.query(`ALTER TABLE ${partition.name} RENAME TO ${name}`)
  await client.query(BEGIN, [name, monthName(partition)])
  await client.query(FORGET_MARKS, [monthName(partition)])
}

/** Adds the readings of the next device; false when there is none left. */
const addNext = async (
  client: pg.ClientBase,
  { leftOut }: RollupWork,
  { late, from, to }: { readonly late: LateMonth; readonly from: number; readonly to: number },
): Promise<boolean> => {
  const { rows: last } = await client.query<{ deviceId: string }>(LAST, [late.name])
  const { rows } = await client.query<{ deviceId: string }>(NEXT(late.name), [last[0]?.deviceId])
  const [next] = rows
  if (next === undefined) return false
  const stretch = { deviceIds: [next.deviceId], from, to }
  if (late.hasMinutes) await addReadings(client, stretch, { from: late.name, table: 'readings_minute' })
  leftOut(await addReadings(client, stretch, { from: late.name, table: 'readings_hour' }))
  await client.query(MOVE, [late.name, next.deviceId])
  return true
}

const addAll = async (work: RollupWork, late: LateMonth): Promise<void> => {
  const month = parsePartitionName('sensor_data', `sensor_data_${late.month}`)
  if (month === undefined) return
  const [from, to] = [Date.parse(month.from), Date.parse(month.to)]
  if (late.hasMinutes) await work.ensure('readings_minute', from)
  await work.ensure('readings_hour', from)
  for (let more = true; more; ) {
    more = (await work.session.chunk((client) => addNext(client, work, { late, from, to }))).result
  }
  await work.session.chunk(async (client) => {
    await client.query(`DROP TABLE IF EXISTS ${late.name}`)
    await client.query(END, [late.name])
  })
}

const addBegun = async (work: RollupWork): Promise<void> => {
  for (const late of await work.session.query<LateMonth>(BEGUN)) await addAll(work, late)
}

/** Adds what has come for dropped months. Errors are those of `pg`, 55P03 for a table that is in use. */
export const addLateMonths = async (work: RollupWork): Promise<void> => {
  const { session } = work
  await addBegun(work)
  const dropped = new Set((await session.query<{ month: string }>(DROPPED)).map(({ month }) => month))
  if (dropped.size === 0) return
  const months = await session.use((client) => attached(client, 'sensor_data'))
  const late = months.filter((month) => dropped.has(monthName(month)))
  for (const month of late) await session.chunk((client) => detach(client, month))
  if (late.length > 0) await addBegun(work)
}
