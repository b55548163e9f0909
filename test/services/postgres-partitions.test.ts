import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { migrate } from '../../bridge/stores/postgres-migrate.ts'
import { createPartitions, type Partitions } from '../../bridge/stores/postgres-partitions.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { numberOf } from '../support/postgres-stores.ts'

const NOW = Date.parse('2026-11-30T23:59:59.999Z')

describe('the partitions of sensor_data', () => {
  let database: FreshDatabase
  let now: number
  let partitions: Partitions

  beforeEach(async () => {
    database = await freshDatabase()
    await migrate(database.url)
    now = NOW
    partitions = createPartitions({ pool: database.pool, clock: () => now })
  })
  afterEach(async () => {
    await database.drop()
  })

  const names = async (table = 'sensor_data'): Promise<readonly string[]> => {
    const { rows } = await database.pool.query(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1`,
      [table],
    )
    return rows.map((row) => row.name.replace(`${table}_`, ''))
  }
  const insert = (ts: string) =>
    database.pool.query(
      `INSERT INTO sensor_data (device_id, ts, received_at, ts_source) VALUES ('a', $1, now(), 'server')`,
      [ts],
    )

  test('the current month and the next two are made, once, and the minutes and hours that belong to them', async () => {
    await partitions.ensureAhead()
    await partitions.ensureAhead()
    expect(await names()).toEqual(['2026_11', '2026_12', '2027_01'])
    expect(await names('readings_minute')).toEqual(['2026_11', '2026_12', '2027_01'])
    expect(await names('readings_hour')).toEqual(['2026', '2027'])
  })

  test('months are those of UTC whatever zone the database is in', async () => {
    await database.pool.query(
      `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET timezone = ''Asia/Kolkata'''; END $$`,
    )
    const elsewhere = createPartitions({ pool: database.pool, clock: () => now })
    await elsewhere.ensureFor([Date.parse('2026-11-30T23:59:59.999Z')])
    await insert('2026-11-30T23:59:59.999Z')
    await insert('2026-11-01T00:00:00.000Z')
    await expect(insert('2026-12-01T00:00:00.000Z')).rejects.toMatchObject({ code: '23514' })
    await expect(insert('2026-10-31T23:59:59.999Z')).rejects.toMatchObject({ code: '23514' })
  })

  test('processes that make the same ones at once do not disturb each other', async () => {
    const times = Array.from({ length: 6 }, (_, month) => Date.UTC(2020, month, 15))
    const other = createPartitions({ pool: database.pool, clock: () => now })
    await Promise.all([
      partitions.ensureFor(times),
      other.ensureFor(times),
      other.ensureFor([...times].reverse()),
    ])
    expect(await names()).toHaveLength(6)
  })

  test('making one does not wait for a transaction that reads or writes the table, nor stops it', async () => {
    await partitions.ensureAhead()
    const busy = await database.pool.connect()
    try {
      await busy.query('BEGIN; SELECT count(*) FROM sensor_data')
      await busy.query(
        `INSERT INTO sensor_data (device_id, ts, received_at, ts_source) VALUES ('a', '2026-11-30', now(), 'server')`,
      )
      await partitions.ensureFor([Date.UTC(2020, 0, 1)])
      await busy.query('COMMIT')
    } finally {
      busy.release()
    }
    expect(await names()).toContain('2020_01')
  })

  test('a new partition has the indexes of the table', async () => {
    await partitions.ensureFor([NOW])
    const count = await numberOf(
      database,
      `SELECT count(*) FROM pg_indexes WHERE tablename = 'sensor_data_2026_11'`,
    )
    expect(count).toBe(2)
  })

  test('one that was detached by hand is attached again when rows need it', async () => {
    await partitions.ensureAhead()
    await insert('2026-11-02')
    await database.pool.query('ALTER TABLE sensor_data DETACH PARTITION sensor_data_2026_11')
    await partitions.ensureFor([NOW])
    expect(await numberOf(database, 'SELECT count(*) FROM sensor_data')).toBe(1)
  })

  test('upkeep goes on after the start: a new month is made ready', async () => {
    const kept = createPartitions({ pool: database.pool, clock: () => now }, { everyMs: 5 })
    try {
      await Promise.all([kept.start(), kept.start()])
      expect(await names()).toEqual(['2026_11', '2026_12', '2027_01'])
      now = Date.parse('2027-01-02T00:00:00Z')
      await eventually(async () => (await names()).join() === '2026_11,2026_12,2027_01,2027_02,2027_03')
    } finally {
      await kept.stop()
    }
  })

  test('a failed start can be tried again, and a later failure is told', async () => {
    await database.pool.query('ALTER TABLE sensor_data RENAME TO elsewhere')
    const errors: unknown[] = []
    const kept = createPartitions(
      { pool: database.pool, clock: () => now },
      { everyMs: 5, onError: (error) => errors.push(error) },
    )
    try {
      await expect(kept.start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await database.pool.query('ALTER TABLE elsewhere RENAME TO sensor_data')
      await kept.start()
      await database.pool.query('ALTER TABLE sensor_data RENAME TO elsewhere')
      await eventually(() => errors.length > 0)
      expect(errors[0]).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    } finally {
      await kept.stop()
    }
  })
})
