import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Reading } from '../../bridge/core/reading.ts'
import { createPostgresHistory } from '../../bridge/stores/postgres-history.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { historyReaderContract } from '../contracts/history-reader.ts'
import { batchOf, id } from '../contracts/sink-rows.ts'
import { emptyTables, type MigratedDatabase, migratedDatabase, sinkInto } from '../support/postgres-stores.ts'

let shared: MigratedDatabase
beforeAll(async () => {
  shared = await migratedDatabase()
})
afterAll(() => shared.drop())

historyReaderContract('Postgres', async () => {
  const database = shared
  await emptyTables(database)
  const sink = sinkInto(database)
  const pool = createPostgresPool({ url: database.url })
  return {
    history: createPostgresHistory(pool),
    store: async (readings: readonly Reading[]) => {
      await sink.store(batchOf('s', 0, readings.length, { readings }))
    },
    cleanup: async () => {
      await pool.end()
      await sink.close()
    },
  }
})

describe('the history over three years', () => {
  let database: MigratedDatabase

  beforeAll(async () => {
    database = await migratedDatabase()
    await database.partitions.ensureFor(Array.from({ length: 36 }, (_, month) => Date.UTC(2024, month, 1)))
    // 20 devices, one live reading each in 3 hours, and backfill of a day in each month of one of them.
    await database.pool.query(`
      INSERT INTO sensor_data (device_id, ts, received_at, ts_source)
        SELECT 'd' || d, t, t + interval '1 second', 'server' FROM generate_series(1, 20) AS d,
          generate_series('2024-01-01Z'::timestamptz, '2026-11-23Z', interval '3 hours') AS t
        UNION ALL
        SELECT 'd1', t, '2026-11-20Z', 'device'
          FROM generate_series('2024-01-01Z'::timestamptz, '2026-10-01Z', interval '1 day') AS t;
      ANALYZE sensor_data`)
  })
  afterAll(() => database.drop())

  /** Runs a statement of the history in a session that logs its plan, and gives the plan. */
  const planOf = async (
    run: (history: ReturnType<typeof createPostgresHistory>) => Promise<unknown>,
  ): Promise<string> => {
    const pool = createPostgresPool({ url: database.url, maxConnections: 1 })
    const plans: string[] = []
    try {
      const client = await pool.connect()
      client.on('notice', (notice) => plans.push(notice.message ?? ''))
      await client.query(`
        LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on;
        SET auto_explain.log_timing = off; SET auto_explain.log_level = 'notice'; SET client_min_messages = 'notice'`)
      client.release()
      await run(createPostgresHistory(pool))
      return plans.join('\n')
    } finally {
      await pool.end()
    }
  }

  /** The scans of partitions that were run, as `kind month`; months that are empty as yet left out. */
  const scansRun = (plan: string): readonly string[] =>
    [...plan.matchAll(/(\w+ Scan)( using \w+)? on sensor_data_(\d{4}_\d\d) [^\n]*\(actual/g)]
      .map(([, kind, index, month]) => `${kind} ${month}${index?.includes('received_at') ? ' late' : ''}`)
      .filter((scan) => !/2026_12|2027_01/.test(scan))

  test('the newest readings of a device are found by the indexes, without reading its past', async () => {
    const scans = scansRun(await planOf((history) => history.recent(id('d1'), 50)))
    expect(scans.filter((scan) => scan.startsWith('Seq'))).toEqual([])
    // By measured time only the last month is read; late rows may be in any, and have an index of their own.
    expect(new Set(scans.filter((scan) => !scan.endsWith('late')).map((scan) => scan.slice(-7)))).toEqual(
      new Set(['2026_11']),
    )
    expect(scans.filter((scan) => scan.endsWith('late'))).toHaveLength(35)
  })

  test('the newest reading of each device comes from the last month that has one', async () => {
    const scans = scansRun(await planOf((history) => history.newest([id('d1'), id('d2'), id('d3')])))
    expect(new Set(scans)).toEqual(new Set(['Index Scan 2026_11']))
  })

  test('a statement that was run often is as quick: its general plan reads no more', async () => {
    const plan = await planOf(async (history) => {
      for (let run = 0; run < 8; run++) await history.recent(id('d1'), 50)
    })
    const runs = plan.split('Query Text:').slice(1)
    expect(runs).toHaveLength(8)
    const last = scansRun(runs[7] ?? '').filter((scan) => !scan.endsWith('late'))
    expect(last.some((scan) => scan.startsWith('Seq'))).toBe(false)
    expect(new Set(last.map((scan) => scan.slice(-7)))).toEqual(new Set(['2026_11']))
  })
})
