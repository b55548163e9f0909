import { expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPubLines } from '../support/mosquitto-clients.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

const later = useCleanups()

test('of 50 boards with 2,000 readings each, all acked, all are rows', async () => {
  const database = await freshDatabase()
  later(database.drop)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url })
  later(() => sluice.end('SIGTERM'))
  const boards = Array.from({ length: 50 }, (_, index) => `board-${index}`)
  const lines = Array.from(
    { length: 2_000 },
    (_, seq) => `{"temperature":${seq / 100},"boot":"b","seq":${seq}}`,
  )

  await Promise.all(boards.map((id) => mosquittoPubLines(sluice.mqttPort, `sensors/${id}/data`, lines)))

  const { rows } = await eventually(async () => {
    const result = await database.pool.query(
      `SELECT device_id, count(*)::int AS count, count(DISTINCT seq)::int AS distinct, sum(temperature) AS sum
       FROM sensor_data GROUP BY device_id`,
    )
    const total = result.rows.reduce((sum, row) => sum + row.count, 0)
    return total >= 100_000 && result
  }, 30_000)
  expect(rows).toHaveLength(50)
  const sum = lines.reduce((total, _, seq) => total + seq / 100, 0)
  for (const row of rows) {
    expect(row).toMatchObject({ count: 2_000, distinct: 2_000 })
    expect(row.sum).toBeCloseTo(sum, 3)
  }
}, 90_000)
