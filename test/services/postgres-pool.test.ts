import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type pg from 'pg'
import { createPostgresPool, PLAN_ONCE, type PostgresPoolOptions } from '../../bridge/stores/postgres-pool.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

let database: FreshDatabase
const pools: pg.Pool[] = []
beforeAll(async () => {
  database = await freshDatabase()
})
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.end()
})
afterAll(() => database.drop())

const poolWith = (options: Partial<PostgresPoolOptions> = {}): pg.Pool => {
  const pool = createPostgresPool({ url: database.url, ...options })
  pools.push(pool)
  return pool
}

test('an idle connection that the server ends is told, not thrown, and replaced on demand', async () => {
  const errors: Error[] = []
  const pool = poolWith({ onIdleError: (error) => errors.push(error) })
  const { rows } = await pool.query('SELECT pg_backend_pid() AS pid')
  await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
  await eventually(() => errors.length > 0)
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a connection that breaks while it is checked out is its next query’s error, and ends nothing', async () => {
  const pool = poolWith()
  const client = await pool.connect()
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  const gone = new Promise((resolve) => client.once('end', resolve))
  await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
  await gone
  await expect(client.query('SELECT')).rejects.toThrow()
  client.release(true)
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a statement that takes too long is ended by the server', async () => {
  const pool = poolWith({ statementTimeoutMs: 50 })
  await expect(pool.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ code: '57014' })
})

test('sessions carry the name of the program', async () => {
  expect((await poolWith().query('SHOW application_name')).rows).toEqual([{ application_name: 'sluice' }])
})

test('each session has the settings asked for before its first statement', async () => {
  const pool = poolWith({ settings: PLAN_ONCE })
  const { rows } = await pool.query('SHOW plan_cache_mode')
  expect(rows).toEqual([{ plan_cache_mode: 'force_generic_plan' }])
})
