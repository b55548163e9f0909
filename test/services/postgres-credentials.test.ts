import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPostgresCredentialChanges } from '../../bridge/stores/postgres-credential-changes.ts'
import { createPostgresCredentials } from '../../bridge/stores/postgres-credentials.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { credentialOf, credentialStoreContract } from '../contracts/credential-store.ts'
import { emptyTables, type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())

const make = async () => {
  await emptyTables(database)
  const pool = createPostgresPool({ url: database.url })
  const changes = createPostgresCredentialChanges({ url: database.url })
  const cleanup = async (): Promise<void> => {
    await changes.stop()
    await pool.end()
  }
  return { credentials: createPostgresCredentials(pool), changes, cleanup }
}

credentialStoreContract('Postgres', make)

test('times are those of the database, in whole milliseconds', async () => {
  const { credentials, cleanup } = await make()
  try {
    await credentials.add(credentialOf('a'))
    await credentials.revoke('a')
    const { rows } = await database.pool.query(
      `SELECT floor(extract(epoch FROM created_at) * 1000)::float8 AS created,
        floor(extract(epoch FROM revoked_at) * 1000)::float8 AS revoked FROM credentials`,
    )
    expect(await credentials.get('a')).toMatchObject({
      createdAt: rows[0].created,
      revokedAt: rows[0].revoked,
    })
  } finally {
    await cleanup()
  }
})

test('a label that Postgres cannot hold is mended; a role that is none, and such a name, are refused', async () => {
  const { credentials, cleanup } = await make()
  try {
    expect(await credentials.add(credentialOf('a', { label: 'a\0b', type: '\ud800' }))).toBe(true)
    expect(await credentials.get('a')).toMatchObject({ label: 'a\ufffdb', type: '\ufffd' })
    const refused = { code: 'ROW_REFUSED' }
    await expect(credentials.add(credentialOf('b', { role: 'anonymous' as 'admin' }))).rejects.toMatchObject(
      refused,
    )
    await expect(credentials.add(credentialOf('a\0b'))).rejects.toMatchObject(refused)
  } finally {
    await cleanup()
  }
})

test('of the same name at the same time one is added', async () => {
  const { credentials, cleanup } = await make()
  try {
    const added = await Promise.all(Array.from({ length: 20 }, () => credentials.add(credentialOf('a'))))
    expect(added.filter((each) => each)).toHaveLength(1)
  } finally {
    await cleanup()
  }
})

test('without the table, reads and writes are STORE_UNAVAILABLE and say what is missing', async () => {
  const { credentials, cleanup } = await make()
  try {
    await database.pool.query('ALTER TABLE credentials RENAME TO elsewhere')
    const missing = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('migrations') }
    await expect(credentials.get('a')).rejects.toMatchObject(missing)
    await expect(credentials.list(['device'])).rejects.toMatchObject(missing)
    await expect(credentials.any()).rejects.toMatchObject(missing)
    await expect(credentials.add(credentialOf('a'))).rejects.toMatchObject(missing)
    await expect(credentials.rotate('a', 'hash')).rejects.toMatchObject(missing)
    await expect(credentials.revoke('a')).rejects.toMatchObject(missing)
    await expect(credentials.remove('a')).rejects.toMatchObject(missing)
  } finally {
    await database.pool.query('ALTER TABLE elsewhere RENAME TO credentials')
    await cleanup()
  }
})
