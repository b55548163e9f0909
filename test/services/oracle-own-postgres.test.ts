import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import pg from 'pg'
import { lastingPort } from '../oracle/lasting-port.ts'
import { startOwnPostgres } from '../oracle/own-postgres.ts'
import { createRandom } from '../oracle/random.ts'
import { useCleanups } from '../support/cleanups.ts'

const later = useCleanups()

test('it stops in both ways, comes back on its port with what was committed, and hangs while it is frozen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-own-pg-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startOwnPostgres({ folder, port: await lastingPort(createRandom(process.pid)) })
  later(postgres.close)
  const ask = async (sql: string, timeoutMs = 20_000): Promise<readonly unknown[]> => {
    const client = new pg.Client({ connectionString: postgres.url, connectionTimeoutMillis: timeoutMs })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  await ask('CREATE TABLE kept (n int)')

  for (const [n, mode] of (['fast', 'immediate'] as const).entries()) {
    await ask(`INSERT INTO kept VALUES (${n})`)
    await postgres.stop(mode)
    await expect(ask('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await postgres.start()
    expect(await ask('SELECT count(*)::int AS count FROM kept')).toEqual([{ count: n + 1 }])
  }

  await postgres.freeze()
  await expect(ask('SELECT 1', 300)).rejects.toThrow()
  await postgres.thaw()
  expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }])
}, 60_000)
