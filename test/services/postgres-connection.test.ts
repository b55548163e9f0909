import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPostgresConnection } from '../../bridge/stores/postgres-connection.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { numberOf } from '../support/postgres-stores.ts'

let database: FreshDatabase

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const connect = () => createPostgresConnection({ url: database.url, connectTimeoutMs: 5_000 })

test('a query that was given up does not go on at the server with the locks it has', async () => {
  await database.pool.query('CREATE TABLE locked (n int)')
  const connection = connect()
  const query = 'BEGIN; LOCK TABLE locked; SELECT pg_sleep(600)'
  await expect(connection.run(500, (client) => client.query(query))).rejects.toThrow(
    'no answer within 500 ms',
  )
  const held = `SELECT count(*) FROM pg_locks WHERE relation = 'locked'::regclass`
  await eventually(async () => (await numberOf(database, held)) === 0)
  await connection.close()
})

test('what is asked is neither compiled nor answered by reading whole tables', async () => {
  await database.pool.query('CREATE TABLE few AS SELECT 1 AS n')
  await database.pool.query('CREATE INDEX ON few (n); ANALYZE few')
  const connection = connect()
  const { rows } = await connection.run(5_000, async (client) => {
    await client.query('SET jit_above_cost = 0')
    return await client.query('EXPLAIN ANALYZE SELECT FROM few WHERE n = 1')
  })
  expect(JSON.stringify(rows)).toContain('few_n_idx')
  expect(JSON.stringify(rows)).not.toMatch(/JIT|Seq Scan/)
  await connection.close()
})
