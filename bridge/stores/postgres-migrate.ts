import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { readError } from './postgres-errors.ts'

const quiet = () => {}
const silentLogger = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** A lock of another process (one that migrates too, or a long transaction) is waited for this long. */
const LOCK_TIMEOUT_MS = 60_000

/** No step takes this long; a server that stopped answering must not hold up the start for ever. */
const QUERY_TIMEOUT_MS = 900_000

/**
 * Brings the schema up to date: the numbered .sql files beside this module that this database has not
 * seen, in one transaction, one process at a time. Nothing to do is the usual case and quick.
 * Returns the names of what ran. Throws STORE_UNAVAILABLE.
 */
export const migrate = async (url: string): Promise<readonly string[]> => {
  // A client of its own: a pool's statement timeout would cut a long migration.
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sluice',
    connectionTimeoutMillis: 5_000,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  })
  client.on('error', quiet) // the query under way reports it
  try {
    await client.connect()
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`)
    const ran = await runner({
      dbClient: client,
      dir: fileURLToPath(new URL('./migrations', import.meta.url)),
      direction: 'up',
      migrationsTable: 'sluice_migrations',
      advisoryLockMode: 'wait',
      singleTransaction: true,
      logger: silentLogger,
    })
    return ran.map((migration) => migration.name)
  } catch (error) {
    throw readError(error, 'Migrating the database')
  } finally {
    await client.end().catch(quiet)
  }
}
