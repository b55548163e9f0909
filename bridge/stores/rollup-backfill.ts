/**
 * Backward: readings older than the first minute, those of a database that had readings before it had rollups. A slice
 * at a time, newest first; when there is nothing older, everything older counts as made.
 */
import { parsePartitionName } from '../core/partition.ts'
import { HOUR_MS, hourOf, sliceBefore } from '../core/rollup-slices.ts'
import { attachedNames } from './postgres-partitions.ts'
import { makeHours, makeMinutes } from './rollup-buckets.ts'
import { devicesIn, forDevices } from './rollup-devices.ts'
import { nextLength, type RollupWork } from './rollup-forward.ts'
import { moveState, readState } from './rollup-progress.ts'

/** Tables made by hand may be called anything. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const newestBefore = (name: string): string => `
  WITH RECURSIVE device AS (
    (SELECT device_id FROM ${name} ORDER BY device_id LIMIT 1)
    UNION ALL
    SELECT next.device_id FROM device CROSS JOIN LATERAL (
      SELECT device_id FROM ${name} WHERE device_id > device.device_id ORDER BY device_id LIMIT 1
    ) AS next
  )
  SELECT (extract(epoch FROM max(newest.ts)) * 1000)::double precision AS newest FROM device CROSS JOIN LATERAL (
    SELECT ts FROM ${name} WHERE device_id = device.device_id AND ts < to_timestamp($1) ORDER BY ts DESC LIMIT 1
  ) AS newest`

/**
 * The newest reading before a time, -Infinity without any: partition by partition, newest first, and in each device by
 * device, since no index is by time alone. Partitions that were made by hand may hold any time.
 */
const findNewest = async ({ session }: RollupWork, before: number): Promise<number> => {
  let newest = Number.NEGATIVE_INFINITY
  const look = async (name: string): Promise<void> => {
    const [row] = await session.query<{ newest: number | null }>(newestBefore(quoted(name)), [before / 1000])
    newest = Math.max(newest, row?.newest ?? newest)
  }
  const names = await session.use((client) => attachedNames(client, 'sensor_data'))
  const months = names.flatMap((name) => parsePartitionName('sensor_data', name) ?? [])
  const own = new Set(months.map(({ name }) => name))
  for (const name of names) if (!own.has(name)) await look(name)
  const older = months.filter(({ from }) => Date.parse(from) < before)
  for (const { name, from } of older.reverse()) {
    await look(name)
    if (newest >= Date.parse(from)) break
  }
  return newest
}

/** Goes back one slice; `step` says whether there is more. Remembers how large a slice may be. */
export const createBackfill = (work: RollupWork) => {
  const { session } = work
  let length = HOUR_MS

  const back = async (): Promise<boolean> => {
    const { minuteFrom } = (await session.chunk(readState)).result
    if (minuteFrom === Number.NEGATIVE_INFINITY) return false
    const newest = await findNewest(work, minuteFrom)
    const move = (to: number) =>
      session.chunk((client) => moveState(client, 'minuteFrom', { from: minuteFrom, to }))
    if (newest === Number.NEGATIVE_INFINITY) {
      await move(newest)
      return false
    }
    // What lies between is empty.
    const end = Math.min(minuteFrom, hourOf(newest) + HOUR_MS)
    const slice = sliceBefore(end, end - length, length)
    if (slice === undefined) return false
    await work.ensure('readings_minute', slice.from)
    await work.ensure('readings_hour', slice.from)
    const tookMs = await forDevices(session, devicesIn(slice), async (client, deviceIds) => {
      work.leftOut(await makeMinutes(client, { deviceIds, ...slice }))
      await makeHours(client, { deviceIds, ...slice })
    })
    await move(slice.from)
    length = nextLength(length, tookMs)
    return true
  }

  return { back }
}
