/** Rollups that stand still, or fail, are nobody's trouble but their own. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readingOf } from '../contracts/sink-rows.ts'
import { eventually } from '../support/eventually.ts'
import { openRollupWorld, type RollupWorld } from '../support/rollup-world.ts'

const NOW = Date.UTC(2026, 10, 23, 12, 0, 30)
const DAY = 86_400_000

describe('rollups that hang in the middle of a transaction', () => {
  let world: RollupWorld
  beforeEach(async () => {
    world = await openRollupWorld()
    await world.reset(NOW)
    await world.pool.query(`
      CREATE FUNCTION clock.hang() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(43); RETURN NULL; END $$;
      CREATE TRIGGER hang BEFORE INSERT ON readings_minute FOR EACH STATEMENT EXECUTE FUNCTION clock.hang()`)
  })
  afterEach(() => world.end())

  const waiting = async (): Promise<boolean> => {
    const { rows } = await world.pool.query(
      `SELECT FROM pg_locks WHERE objid = 43 AND NOT granted AND database = (
         SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
    return rows.length > 0
  }

  test('the drain goes on, also into new months; they stop at once and say how far they are', async () => {
    const holder = await world.pool.connect()
    await holder.query(`SET lock_timeout = 0; SELECT pg_advisory_lock(43)`)
    // The job's own bound for locks would end the wait that this is about.
    await world.pool.query(`DO $$ BEGIN EXECUTE 'ALTER FUNCTION clock.hang() SET lock_timeout = 0'; END $$`)
    await world.store('s', [readingOf('a', { ts: NOW - DAY, temperature: 1 })])
    const rollups = world.rollups()
    const round = rollups.round()
    await eventually(waiting)
    for (let i = 0; i < 20; i++) {
      await world.store('s', [
        readingOf('a', { ts: NOW - i, temperature: 1 }),
        readingOf('a', { ts: NOW - i * 31 * DAY, temperature: 2 }),
      ])
    }
    expect(await waiting()).toBe(true)
    await rollups.stop()
    await round
    await holder.query('SELECT pg_advisory_unlock(43)')
    holder.release()
    await world.setClock(NOW + DAY)
    const after = world.rollups()
    await eventually(async () => {
      await after.round()
      return (await world.pool.query('SELECT FROM readings_minute')).rows.length > 0
    })
    expect(await world.allDifferences()).toEqual([])
  })

  test('a lock that somebody else holds is given up after a second, and the round is an error', async () => {
    await world.store('s', [readingOf('a', { ts: NOW - DAY, temperature: 1 })])
    const other = await world.pool.connect()
    await other.query('BEGIN; LOCK TABLE readings_minute IN EXCLUSIVE MODE')
    const rollups = world.rollups()
    await expect(rollups.round()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(rollups.counts().errors).toBe(1)
    await other.query('ROLLBACK')
    other.release()
    await rollups.round()
    expect(await world.allDifferences()).toEqual([])
  })

  test('they go on while a replay of dead letters holds all cursors', async () => {
    const rollups = world.rollups()
    await world.store('s', [readingOf('a', { ts: NOW - DAY, temperature: 1 })])
    const replay = await world.pool.connect()
    await replay.query('BEGIN; LOCK TABLE ingest_cursor IN SHARE ROW EXCLUSIVE MODE')
    await rollups.round()
    await replay.query('ROLLBACK')
    replay.release()
    expect(await world.allDifferences()).toEqual([])
    expect(rollups.counts().errors).toBe(0)
  })

  test('a connection that is ended is made anew by the next round', async () => {
    const rollups = world.rollups()
    await rollups.round()
    await world.pool.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory' AND datname = current_database()`,
    )
    await world.store('s', [readingOf('a', { ts: NOW - DAY, temperature: 1 })])
    await eventually(async () => {
      await rollups.round().catch(() => {})
      return (await world.pool.query('SELECT FROM readings_hour')).rows.length > 0
    })
    expect(await world.allDifferences()).toEqual([])
  })
})

test('rollups run by themselves once they are started, and tell what fails', async () => {
  const world = await openRollupWorld()
  const errors: unknown[] = []
  try {
    await world.reset(NOW)
    await world.store('s', [readingOf('a', { ts: NOW - DAY, temperature: 1 })])
    const rollups = world.rollups({ everyMs: 5, onError: (error) => errors.push(error) })
    await rollups.start()
    await eventually(async () => (await world.pool.query('SELECT FROM readings_hour')).rows.length > 0)
    await world.pool.query('ALTER TABLE rollup_state RENAME TO elsewhere')
    await eventually(() => errors.length > 1)
    await world.pool.query('ALTER TABLE elsewhere RENAME TO rollup_state')
    await world.store('s', [readingOf('a', { ts: NOW - 2 * DAY, temperature: 1 })])
    await eventually(async () => (await world.pool.query('SELECT FROM readings_hour')).rows.length > 1)
    expect(errors[0]).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  } finally {
    await world.end()
  }
})
