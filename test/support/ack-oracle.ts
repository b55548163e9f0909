import { expect } from '@jest/globals'
import type pg from 'pg'
import type { Acked } from './boards.ts'
import { eventually } from './eventually.ts'

/**
 * What the promise says, asked of Postgres: every acked reading is a row, and no (device, boot, seq) is two.
 * Waits for the drain; `timeoutMs` bounds it.
 */
export const expectAckedOnce = async (
  pool: pg.Pool,
  acked: readonly Acked[],
  timeoutMs = 30_000,
): Promise<void> => {
  expect(acked.length).toBeGreaterThan(0)
  const rows = await eventually(async () => {
    const { rows: found } = await pool.query<{ key: string; count: string }>(
      `SELECT device_id || ' ' || boot || ' ' || seq AS key, count(*) AS count FROM sensor_data GROUP BY 1`,
    )
    const counts = new Map(found.map(({ key, count }) => [key, Number(count)]))
    const missing = acked.filter(({ deviceId, boot, seq }) => !counts.has(`${deviceId} ${boot} ${seq}`))
    if (missing.length > 0) {
      const first = JSON.stringify(missing.slice(0, 3))
      throw new Error(`${missing.length} of ${acked.length} acked readings are no row: ${first}`)
    }
    return counts
  }, timeoutMs)
  const doubled = [...rows].filter(([, count]) => count !== 1)
  expect(doubled).toEqual([])
}
