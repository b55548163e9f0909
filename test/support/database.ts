import { randomUUID } from 'node:crypto'
import pg from 'pg'

export interface FreshDatabase {
  readonly url: string
  /** For the test's own looks into it. */
  readonly pool: pg.Pool
  /** Removes the database, whoever is still connected. */
  drop(): Promise<void>
}

const serverUrl = (): string => {
  const url = process.env.TEST_DATABASE_URL
  if (url !== undefined && url !== '') return url
  throw new Error(
    'TEST_DATABASE_URL is unset: run `npm test`, which starts a Postgres, or name a server of yours',
  )
}

/** One statement on the server itself, outside of any test's database. */
const onServer = async (sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: serverUrl() })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** An empty database of its own on the server that TEST_DATABASE_URL names. */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  const name = `sluice_test_${randomUUID().replaceAll('-', '')}`
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  await onServer(`CREATE DATABASE ${name}`)
  const pool = new pg.Pool({ connectionString: url.href, max: 4 })
  pool.on('error', () => {}) // tests end connections on purpose
  const drop = async (): Promise<void> => {
    await pool.end()
    await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  }
  return { url: url.href, pool, drop }
}
