import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPostgresBuzzer } from '../../bridge/stores/postgres-buzzer.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { buzzerStoreContract, buzzOf } from '../contracts/buzzer-store.ts'
import { id } from '../contracts/sink-rows.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())

const make = async () => {
  await database.pool.query('TRUNCATE buzzer_requests')
  const pool = createPostgresPool({ url: database.url })
  return { buzzer: createPostgresBuzzer(pool), cleanup: () => pool.end() }
}

buzzerStoreContract('Postgres', make)

test('two processes that reserve ids and store the same requests at once get along', async () => {
  const [one, two] = [await make(), await make()]
  try {
    const both = [one, two, one, two, one, two, one, two]
    const firsts = await Promise.all(both.map(({ buzzer }) => buzzer.reserveIds(1_000, 0)))
    const sorted = firsts.toSorted((a, b) => a - b)
    sorted.forEach((first, index) => {
      expect(first).toBeGreaterThanOrEqual((sorted[index - 1] ?? first - 1_000) + 1_000)
    })
    const many = Array.from({ length: 500 }, (_, index) => buzzOf(index + 1))
    await Promise.all(both.map(({ buzzer }, n) => buzzer.upsert(n % 2 ? many : [...many].reverse())))
    expect(await one.buzzer.pending(0)).toHaveLength(500)
  } finally {
    await one.cleanup()
    await two.cleanup()
  }
})

test('the newest request of a device and the pending ones are found by an index', async () => {
  const { buzzer, cleanup } = await make()
  try {
    const of = (n: number) =>
      buzzOf(n, { deviceId: id(`d${n % 1_000}`), status: n % 500 === 0 ? 'pending' : 'completed' })
    await buzzer.upsert(Array.from({ length: 10_000 }, (_, n) => of(n + 1)))
    await database.pool.query('ANALYZE buzzer_requests')
    const plan = async (sql: string): Promise<string> =>
      JSON.stringify((await database.pool.query(`EXPLAIN ${sql}`)).rows)
    const newest = `SELECT * FROM buzzer_requests WHERE device_id = 'd7' ORDER BY id DESC LIMIT 1`
    expect(await plan(newest)).toContain('buzzer_requests_newest')
    const pending = `SELECT * FROM buzzer_requests WHERE status = 'pending' AND requested_at >= 'epoch'`
    expect(await plan(pending)).toContain('buzzer_requests_pending')
  } finally {
    await cleanup()
  }
})

test('without the table, reads and writes are STORE_UNAVAILABLE and say what is missing', async () => {
  const { buzzer, cleanup } = await make()
  try {
    await database.pool.query('ALTER TABLE buzzer_requests RENAME TO elsewhere')
    const missing = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('migrations') }
    await expect(buzzer.get(1)).rejects.toMatchObject(missing)
    await expect(buzzer.newest(id('a'))).rejects.toMatchObject(missing)
    await expect(buzzer.pending(0)).rejects.toMatchObject(missing)
    await expect(buzzer.upsert([buzzOf(1)])).rejects.toMatchObject(missing)
  } finally {
    await database.pool.query('ALTER TABLE elsewhere RENAME TO buzzer_requests')
    await cleanup()
  }
})
