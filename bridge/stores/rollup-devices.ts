/** The devices of a stretch of time, a page at a time, found by the index: each costs a look, however many rows it has. */
import type pg from 'pg'
import { monthAround, nextSize, type Slice } from '../core/rollup-slices.ts'
import type { RollupSession } from './rollup-session.ts'

/**
 * Devices with rows in a month: the bounds are those of its partition, so that the first row found is one of it. A
 * skip scan, since DISTINCT would read the index whole.
 */
const IN_MONTH = `
  WITH RECURSIVE device AS (
    (SELECT device_id, 1 AS n FROM sensor_data
     WHERE device_id > $1 AND ts >= to_timestamp($3) AND ts < to_timestamp($4) ORDER BY device_id LIMIT 1)
    UNION ALL
    SELECT next.device_id, device.n + 1 FROM device CROSS JOIN LATERAL (
      SELECT device_id FROM sensor_data
      WHERE device_id > device.device_id AND ts >= to_timestamp($3) AND ts < to_timestamp($4)
      ORDER BY device_id LIMIT 1
    ) AS next WHERE device.n < $2
  )
  SELECT device_id AS "deviceId" FROM device`

const WITH_SERIES = `SELECT DISTINCT device_id AS "deviceId" FROM series WHERE device_id > $1 ORDER BY 1 LIMIT $2`

export type DevicePage = (client: pg.ClientBase, after: string, limit: number) => Promise<readonly string[]>

const idsOf = ({ rows }: pg.QueryResult<{ deviceId: string }>): readonly string[] =>
  rows.map(({ deviceId }) => deviceId)

/** Devices with readings in the month of the slice. */
export const devicesIn = (slice: Slice): DevicePage => {
  const month = monthAround(slice.from)
  return async (client, after, limit) =>
    idsOf(await client.query(IN_MONTH, [after, limit, month.from / 1000, month.to / 1000]))
}

/** Devices that have minutes or hours. */
export const devicesWithSeries: DevicePage = async (client, after, limit) =>
  idsOf(await client.query(WITH_SERIES, [after, limit]))

const SIZES = { least: 1, most: 1_000, targetMs: 150 } as const
const FIRST_SIZE = 20

/**
 * Does `work` for all devices of `page`, some of them in each transaction: as many as take about 150 ms. Returns how
 * long all of it took.
 */
export const forDevices = async (
  session: RollupSession,
  page: DevicePage,
  work: (client: pg.ClientBase, deviceIds: readonly string[]) => Promise<void>,
): Promise<number> => {
  let size = FIRST_SIZE
  let tookMs = 0
  for (let after: string | undefined = ''; after !== undefined; ) {
    const start: string = after
    const chunk = await session.chunk(async (client) => {
      const deviceIds = await page(client, start, size)
      if (deviceIds.length > 0) await work(client, deviceIds)
      return deviceIds
    })
    after = chunk.result.length < size ? undefined : chunk.result.at(-1)
    tookMs += chunk.tookMs
    size = nextSize(size, chunk.tookMs, SIZES)
  }
  return tookMs
}
