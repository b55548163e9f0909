/** A database whose `now()` is the test's, with sinks and rollups on it, and what must hold of it at any moment. */
import pg from 'pg'
import type { Reading } from '../../bridge/core/reading.ts'
import { migrate } from '../../bridge/stores/postgres-migrate.ts'
import { createPartitions, type Partitions } from '../../bridge/stores/postgres-partitions.ts'
import { createPostgresSink } from '../../bridge/stores/postgres-sink.ts'
import { createRollups, type Rollups, type RollupsOptions } from '../../bridge/stores/rollups.ts'
import { batchOf } from '../contracts/sink-rows.ts'
import { freshDatabase } from './database.ts'
import { eventually } from './eventually.ts'
import { numberOf } from './postgres-stores.ts'
import { COMPARE } from './rollup-comparison.ts'

/**
 * `now()` of every session of these tests is a row of a table. COPY waits for whoever holds lock 42, and rollups fail
 * at the end of a transaction while `is_failing` is set, or, while `is_stuck` is, in the middle of adding to a dropped month.
 */
const CLOCK = `
  CREATE SCHEMA clock;
  CREATE TABLE clock.state (at timestamptz NOT NULL, is_failing boolean NOT NULL DEFAULT false,
    is_stuck boolean NOT NULL DEFAULT false);
  INSERT INTO clock.state VALUES (pg_catalog.now());
  CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM clock.state';
  CREATE FUNCTION clock.hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END $$;
  CREATE TRIGGER hold BEFORE INSERT ON sensor_data FOR EACH STATEMENT EXECUTE FUNCTION clock.hold();
  CREATE FUNCTION clock.fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF (SELECT is_failing FROM clock.state) THEN RAISE 'failing'; END IF; RETURN NULL; END $$;
  CREATE TRIGGER fail AFTER UPDATE ON rollup_state FOR EACH STATEMENT EXECUTE FUNCTION clock.fail();
  CREATE TRIGGER fail AFTER DELETE ON rollup_marks FOR EACH STATEMENT EXECUTE FUNCTION clock.fail();
  CREATE TRIGGER fail AFTER UPDATE ON late_months FOR EACH STATEMENT EXECUTE FUNCTION clock.fail();
  CREATE FUNCTION clock.stick() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.device_id > 'a' AND (SELECT is_stuck FROM clock.state) THEN RAISE 'stuck'; END IF; RETURN NULL; END $$;
  CREATE TRIGGER stick AFTER UPDATE ON late_months FOR EACH ROW EXECUTE FUNCTION clock.stick()`

const WAITING = `
  SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
  WHERE objid = 42 AND NOT granted AND datname = current_database()`

const SEARCH_PATH = '-c search_path=clock,public,pg_catalog'

export interface RollupWorld {
  readonly pool: pg.Pool
  readonly url: string
  readonly partitions: Partitions
  /** Everything away, the clock at this time (epoch ms), and the database as it is when it was made then. */
  reset(time: number): Promise<void>
  /** Also those that are being added to a dropped month. */
  dropPartitions(): Promise<void>
  setClock(time: number): Promise<void>
  setFailing(isFailing: boolean): Promise<void>
  /** What came for a dropped month is added of the device `a` only. */
  setStuck(isStuck: boolean): Promise<void>
  store(spoolId: string, readings: readonly Reading[]): Promise<void>
  /** Stores them up to where the rows are copied, and no further before the returned function is called. */
  begin(spoolId: string, readings: readonly Reading[]): Promise<() => Promise<void>>
  /** Rollups that the world stops. */
  rollups(options?: Partial<RollupsOptions>): Rollups
  /** What may be read of minutes and hours and is not what the raw readings give. */
  differences(): Promise<readonly unknown[]>
  /** Minutes and hours, whatever may be read of them, beside what the raw readings give. */
  allDifferences(): Promise<readonly unknown[]>
  end(): Promise<void>
}

export const openRollupWorld = async (): Promise<RollupWorld> => {
  const database = await freshDatabase()
  await migrate(database.url)
  await database.pool.query(CLOCK)
  const own = new URL(database.url)
  own.searchParams.set('options', SEARCH_PATH)
  const url = own.href
  const pool = new pg.Pool({ connectionString: url, max: 6 })
  pool.on('error', () => {})
  let time = 0
  const partitions = createPartitions({ pool, clock: () => time })
  const sinks = new Map<string, ReturnType<typeof createPostgresSink>>()
  const offsets = new Map<string, number>()
  const running: Rollups[] = []

  const sinkOf = (spoolId: string) => {
    const sink = sinks.get(spoolId) ?? createPostgresSink({ partitions }, { url })
    sinks.set(spoolId, sink)
    return sink
  }
  const store = async (spoolId: string, readings: readonly Reading[]): Promise<void> => {
    const from = offsets.get(spoolId) ?? 0
    const to = from + Math.max(readings.length, 1)
    offsets.set(spoolId, to)
    await sinkOf(spoolId).store(batchOf(spoolId, from, to, { readings }))
  }
  const setClock = async (to: number): Promise<void> => {
    time = to
    await pool.query('UPDATE clock.state SET at = to_timestamp($1)', [to / 1000])
  }
  const stopAll = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((rollups) => rollups.stop()))
  }

  return {
    pool,
    url,
    partitions,
    setClock,
    store,
    reset: async (to) => {
      await stopAll()
      offsets.clear()
      await pool.query(`
        UPDATE clock.state SET is_failing = false, is_stuck = false;
        TRUNCATE sensor_data, readings_minute, readings_hour, series, rollup_marks, ingest_cursor, dropped_months`)
      await setClock(to)
      await pool.query(`
        UPDATE rollup_state SET minute_from = hour, minute_to = hour, hour_to = hour
        FROM (SELECT date_trunc('hour', now(), 'UTC') AS hour) AS this`)
    },
    dropPartitions: async () =>
      void (await pool.query(`
        DO $$ DECLARE name text; BEGIN
          FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = ANY (
            '{sensor_data,readings_minute,readings_hour}'::regclass[]) UNION ALL SELECT late_months.name FROM late_months
          LOOP EXECUTE 'DROP TABLE ' || name; END LOOP;
        END $$;
        TRUNCATE late_months`)),
    setFailing: async (isFailing) =>
      void (await pool.query('UPDATE clock.state SET is_failing = $1', [isFailing])),
    setStuck: async (isStuck) => void (await pool.query('UPDATE clock.state SET is_stuck = $1', [isStuck])),
    begin: async (spoolId, readings) => {
      const holder = await pool.connect()
      await holder.query('SELECT pg_advisory_lock(42)')
      const stored = store(spoolId, readings)
      stored.catch(() => {})
      await eventually(async () => (await numberOf(database, WAITING)) > 0)
      return async () => {
        await holder.query('SELECT pg_advisory_unlock(42)')
        holder.release()
        await stored
      }
    },
    rollups: (options) => {
      const all = { url, pauseShare: 0, upkeepEveryMs: 0, ...options }
      const made = createRollups({ partitions, monotonic: () => performance.now() }, all)
      running.push(made)
      return made
    },
    differences: async () => (await pool.query(COMPARE, [true])).rows,
    allDifferences: async () => (await pool.query(COMPARE, [false])).rows,
    end: async () => {
      await stopAll()
      await Promise.all([...sinks.values()].map((sink) => sink.close()))
      await pool.end()
      await database.drop()
    },
  }
}
