/** Opens the credentials in the database of the program, whether it runs or not. */
import {
  type CredentialStore,
  createPostgresCredentials,
  createPostgresDevices,
  createPostgresPool,
  type DeviceStore,
  migrate,
} from '../../../bridge/index.ts'
import { loadConfig } from '../../load-config.ts'
import { type CommandContext, CommandError } from '../command.ts'
import { withEmbedded } from './with-embedded.ts'

export interface OpenOptions {
  /** Whether an embedded Postgres may be made where there never was one. */
  readonly mayCreate?: boolean
}

/** One for what a command does at a time, one more for the pairs of `device add --file`. */
const MAX_CONNECTIONS = 2

/**
 * Runs `use` with the credentials of the database that the settings name, its schema brought up to date. The
 * embedded Postgres of a Sluice that does not run is started for this long.
 * Throws ConfigError, CommandError or BridgeError.
 */
export const withCredentials = async <T>(
  context: CommandContext,
  use: (store: CredentialStore, devices: Pick<DeviceStore, 'remove'>) => Promise<T>,
  { mayCreate = false }: OpenOptions = {},
): Promise<T> => {
  const { useDb, databaseUrl, dataDir } = loadConfig(context.env, context.cwd)
  if (!useDb) throw new CommandError('USEDB=false: with it Sluice has no database, and keeps no credentials')
  const open = async (url: string): Promise<T> => {
    await migrate(url)
    const pool = createPostgresPool({ url, maxConnections: MAX_CONNECTIONS })
    try {
      return await use(createPostgresCredentials(pool), createPostgresDevices(pool))
    } finally {
      await pool.end()
    }
  }
  return databaseUrl === undefined
    ? await withEmbedded({ dataDir, mayCreate }, context, open)
    : await open(databaseUrl)
}
