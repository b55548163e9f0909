import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { ReadingSink } from '../../bridge/ports.ts'
import { migrate } from '../../bridge/stores/postgres-migrate.ts'
import { createPartitions } from '../../bridge/stores/postgres-partitions.ts'
import { createPostgresSink } from '../../bridge/stores/postgres-sink.ts'
import { readingSinkContract } from '../contracts/reading-sink.ts'
import { batchOf, poisonOf, readingOf, T } from '../contracts/sink-rows.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  emptyTables,
  type MigratedDatabase,
  migratedDatabase,
  numberOf,
  sinkInto,
  storedReadings,
} from '../support/postgres-stores.ts'

let shared: MigratedDatabase
beforeAll(async () => {
  shared = await migratedDatabase()
})
afterAll(() => shared.drop())

readingSinkContract('Postgres', async () => {
  const database = shared
  await emptyTables(database)
  const sink = sinkInto(database)
  return {
    sink,
    readings: () => storedReadings(database),
    deadLetters: () => numberOf(database, 'SELECT count(*) FROM dead_letters'),
    cleanup: async () => {
      await sink.close()
    },
  }
})

const ROWS = 'SELECT count(*) FROM sensor_data'
const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' }
const one = (seq: number) => batchOf('s', seq, seq + 1, { readings: [readingOf('a', { seq })] })

describe('the Postgres sink', () => {
  let database: MigratedDatabase
  let sink: ReadingSink & { close(): Promise<void> }
  const cleanups: (() => unknown)[] = []

  beforeEach(async () => {
    database = await migratedDatabase()
    sink = sinkInto(database, { storeTimeoutMs: 5_000 })
  })
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    await sink.close()
    await database.drop()
  })

  /** The server process behind the sink's connection: the only other session named `sluice`. */
  const backendOfSink = (): Promise<number> =>
    numberOf(
      database,
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice'`,
    )

  test('rows far larger than one piece arrive whole', async () => {
    const note = 'x'.repeat(50_000)
    const readings = Array.from({ length: 60 }, (_, seq) => readingOf('a', { seq, custom: { note } }))
    await sink.store(batchOf('s', 0, 60, { readings }))
    expect(
      await numberOf(database, `SELECT count(*) FROM sensor_data WHERE length(custom->>'note') = 50000`),
    ).toBe(60)
  })

  test('a batch may span months that have no partition yet', async () => {
    const readings = Array.from({ length: 30 }, (_, month) =>
      readingOf('a', { ts: Date.UTC(2019, month, 1), seq: month }),
    )
    await sink.store(batchOf('s', 0, 30, { readings }))
    expect(await numberOf(database, ROWS)).toBe(30)
  })

  test('a refusal names the column and leaves the connection in use', async () => {
    await sink.store(one(0))
    const backend = await backendOfSink()
    const bad = batchOf('s', 1, 3, { readings: [readingOf('a'), poisonOf('a')] })
    await expect(sink.store(bad)).rejects.toThrow(/3000000000.*line 2, column light_level/)
    await sink.store(one(1))
    expect(await backendOfSink()).toBe(backend)
  })

  test('a refusal in the middle of a large batch is found as well', async () => {
    const many = Array.from({ length: 20_000 }, (_, seq) => readingOf('a', { seq, temperature: 21.5 }))
    const readings = [...many, poisonOf('a'), ...many, ...many]
    await expect(sink.store(batchOf('s', 0, 60_001, { readings }))).rejects.toMatchObject({
      code: 'ROW_REFUSED',
    })
    await sink.store(batchOf('s', 0, 20_000, { readings: many }))
    expect(await numberOf(database, ROWS)).toBe(20_000)
  })

  test('a row that violates a check is refused, not taken for one that lacks a partition', async () => {
    await database.pool.query('ALTER TABLE sensor_data ADD CHECK (temperature < 100)')
    const hot = batchOf('s', 0, 1, { readings: [readingOf('a', { temperature: 101 })] })
    await expect(sink.store(hot)).rejects.toMatchObject({ code: 'ROW_REFUSED' })
  })

  test('a time that no partition can hold is refused', async () => {
    const never = batchOf('s', 0, 1, { readings: [readingOf('a', { ts: Date.UTC(12_000, 0, 1) })] })
    await expect(sink.store(never)).rejects.toMatchObject({ code: 'ROW_REFUSED' })
  })

  test('a connection ended by the server is one failure, and the next batch goes over a new one', async () => {
    await sink.store(one(0))
    const backend = await backendOfSink()
    await database.pool.query('SELECT pg_terminate_backend($1, 5000)', [backend])
    await sink.store(one(1)).catch((error) => expect(error).toMatchObject(UNAVAILABLE))
    const at = await eventually(() => sink.cursor('s'))
    if (at?.offset === 1) await sink.store(one(1))
    expect(await sink.cursor('s')).toMatchObject({ offset: 2 })
    expect(await numberOf(database, ROWS)).toBe(2)
  })

  describe('when a COPY is stuck in the middle', () => {
    const stuck = batchOf('s', 0, 60_000, {
      readings: Array.from({ length: 60_000 }, (_, seq) => readingOf('a', { seq, temperature: 21.5 })),
    })
    const sleeping = async (): Promise<boolean> =>
      (await numberOf(
        database,
        `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      )) > 0

    beforeEach(() =>
      database.pool.query(`
        CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
        CREATE TRIGGER doze BEFORE INSERT ON sensor_data FOR EACH ROW WHEN (NEW.seq = 5000) EXECUTE FUNCTION doze()`),
    )

    const storesAfterwards = async (): Promise<void> => {
      await database.pool.query('DROP TRIGGER doze ON sensor_data')
      await sink.store(one(0))
      expect(await numberOf(database, ROWS)).toBe(1)
    }

    test('and its connection breaks, the batch fails and the next one goes well', async () => {
      const result = sink.store(stuck).catch((error: unknown) => error)
      await eventually(sleeping)
      await database.pool.query('SELECT pg_terminate_backend($1, 5000)', [await backendOfSink()])
      expect(await result).toMatchObject(UNAVAILABLE)
      await storesAfterwards()
    })

    test('past its deadline, the batch fails and closing does not wait', async () => {
      const hasty = sinkInto(database, { storeTimeoutMs: 500 })
      const result = hasty.store(stuck).catch((error: unknown) => error)
      await eventually(sleeping)
      await hasty.close()
      expect(await result).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('500 ms'),
      })
      await database.pool.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      )
      await storesAfterwards()
    })
  })

  test('a server that hangs costs the deadline, and what it still does later is not stored twice', async () => {
    const hasty = sinkInto(database, { storeTimeoutMs: 300 })
    cleanups.push(() => hasty.close())
    await hasty.store(one(0))
    const backend = await backendOfSink()
    process.kill(backend, 'SIGSTOP')
    let goesOn = () => void process.kill(backend, 'SIGCONT')
    cleanups.push(() => goesOn())
    await expect(hasty.store(one(1))).rejects.toMatchObject(UNAVAILABLE)
    goesOn()
    goesOn = () => {}
    await hasty.store(one(1)).catch((error) => expect(error).toMatchObject({ code: 'CURSOR_MOVED' }))
    expect(await hasty.cursor('s')).toMatchObject({ offset: 2 })
    expect(await numberOf(database, ROWS)).toBe(2)
  })

  test('a session that died with its commit on the way is waited for, and its batch not stored again', async () => {
    await sink.store(one(0))
    const lost = new pg.Client({ connectionString: database.url })
    await lost.connect()
    cleanups.push(() => lost.end())
    await lost.query('BEGIN')
    await lost.query(`UPDATE ingest_cursor SET "offset" = 2 WHERE spool_id = 's'`)
    const again = sink.store(one(1))
    again.catch(() => {})
    await eventually(
      async () =>
        (await numberOf(
          database,
          `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )) > 0,
    )
    await lost.query('COMMIT')
    await expect(again).rejects.toMatchObject({ code: 'CURSOR_MOVED' })
    expect(await numberOf(database, ROWS)).toBe(1)
  })

  test('commits are synchronous even where the database says otherwise', async () => {
    await database.pool.query(
      `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END $$`,
    )
    // The commit of a table's trigger tells what the session of the sink has set.
    await database.pool.query(`
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.spool_id := NEW.spool_id || current_setting('synchronous_commit'); RETURN NEW; END $$;
      CREATE TRIGGER note BEFORE INSERT ON ingest_cursor FOR EACH ROW EXECUTE FUNCTION note()`)
    await sink.store(one(0))
    expect(await sink.cursor('son')).toMatchObject({ offset: 1 })
  })

  test('a server that is not there is STORE_UNAVAILABLE with what to check, and no password', async () => {
    const absent = createPostgresSink(
      { partitions: database.partitions },
      { url: 'postgres://user:geheim@127.0.0.1:1/none' },
    )
    cleanups.push(() => absent.close())
    const error = await absent.cursor('s').catch((failure: unknown) => failure)
    expect(error).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/ECONNREFUSED.*DATABASE_URL/),
    })
    expect(String(error)).not.toContain('geheim')
  })

  test('after close, work is refused', async () => {
    await sink.store(one(0))
    await sink.close()
    await expect(sink.store(one(1))).rejects.toMatchObject(UNAVAILABLE)
    await sink.close()
  })
})

describe('making the database ready', () => {
  test('is tried again until it goes well, and again when the tables are gone', async () => {
    const database = await freshDatabase()
    let calls = 0
    const prepare = async (): Promise<void> => {
      calls += 1
      if (calls === 1) throw new Error('not yet')
      await migrate(database.url)
    }
    const partitions = createPartitions({ pool: database.pool, clock: () => T })
    const sink = createPostgresSink({ partitions, prepare }, { url: database.url })
    try {
      await expect(sink.cursor('s')).rejects.toMatchObject(UNAVAILABLE)
      await sink.store(one(0))
      await sink.store(one(1))
      expect(calls).toBe(2)
      await database.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
      await expect(sink.store(one(2))).rejects.toMatchObject(UNAVAILABLE)
      await sink.store(one(2))
      expect(calls).toBe(3)
      expect(await numberOf(database, ROWS)).toBe(1)
    } finally {
      await sink.close()
      await database.drop()
    }
  })
})
