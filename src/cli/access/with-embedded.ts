/**
 * The embedded Postgres for the time of a command: the one of a running Sluice, or one that is started and stopped
 * here. Never two on one folder: the lock of the sessions, which every Sluice holds from its first to its last
 * moment (also one in another container, where pids tell nothing), is held meanwhile.
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createPostgresPool, isBridgeError, type Level, openLevel } from '../../../bridge/index.ts'
import { createEmbeddedPostgres } from '../../embedded-postgres/index.ts'
import { errorCode } from '../../error-code.ts'
import { errorText } from '../../error-text.ts'
import { type CommandContext, CommandError } from '../command.ts'

export interface EmbeddedFolder {
  readonly dataDir: string
  readonly mayCreate: boolean
}

const CONNECT_TIMEOUT_MS = 3_000

const missing = (error: unknown): undefined => {
  if (errorCode(error) !== 'ENOENT') throw new CommandError(errorText(error))
}

/** The URL in the folder when a Postgres answers there. */
const answering = async (dataDir: string): Promise<string | undefined> => {
  const url = (await readFile(join(dataDir, 'postgres.url'), 'utf8').catch(missing))?.trim()
  if (url === undefined) return undefined
  const pool = createPostgresPool({ url, maxConnections: 1, connectTimeoutMs: CONNECT_TIMEOUT_MS })
  try {
    await pool.query('SELECT')
    return url
  } catch {
    return undefined // not there, or somebody else's who has its port now: it is started, and its port is told anew
  } finally {
    await pool.end()
  }
}

/** Files made here by another user would keep the Sluice of that user from starting. */
const checkOwner = async (dataDir: string): Promise<void> => {
  const made = await stat(join(dataDir, 'postgres.password')).catch(missing)
  const own = process.getuid?.()
  if (made === undefined || own === undefined || made.uid === own) return
  throw new CommandError(
    `${dataDir} is that of another user (uid ${made.uid}): run this as the user that runs Sluice, or while Sluice runs`,
  )
}

const lock = async (dataDir: string, { terminal }: CommandContext): Promise<Level> => {
  try {
    const { db, damage } = await openLevel({ folder: join(dataDir, 'sessions'), what: 'sessions' })
    if (damage !== null) await terminal.err(`the MQTT sessions were damaged: ${damage}\n`)
    return db
  } catch (error) {
    if (!isBridgeError(error) || error.code !== 'SPOOL_LOCKED') throw error
    throw new CommandError(
      `a Sluice holds ${dataDir}, and its Postgres does not answer: it is starting or stopping. Try again in a moment`,
    )
  }
}

const start = async <T>(
  { dataDir }: EmbeddedFolder,
  { terminal, onInterrupt }: CommandContext,
  use: (url: string) => Promise<T>,
): Promise<T> => {
  const postgres = createEmbeddedPostgres({ dataDir })
  let forget = (): void => {}
  const interrupted = new Promise<never>((_, reject) => {
    forget = onInterrupt(() => reject(new CommandError('interrupted')))
  })
  const work = async (): Promise<T> => {
    await terminal.err(`Sluice does not run: its Postgres in ${dataDir} is started for this command\n`)
    const { url } = await postgres.start()
    return await use(url)
  }
  try {
    return await Promise.race([work(), interrupted])
  } finally {
    await postgres.stop()
    forget()
  }
}

/** Runs `use` with the URL of the folder's Postgres. Throws CommandError or BridgeError, which say what to do. */
export const withEmbedded = async <T>(
  folder: EmbeddedFolder,
  context: CommandContext,
  use: (url: string) => Promise<T>,
): Promise<T> => {
  const { dataDir, mayCreate } = folder
  const running = await answering(dataDir)
  if (running !== undefined) return await use(running)
  if (!mayCreate && (await stat(join(dataDir, 'postgres')).catch(missing)) === undefined) {
    throw new CommandError(
      `there is no Postgres in ${dataDir}: Sluice has never run with this DATA_DIR, so it has no credentials. ` +
        'Set DATA_DIR (or DATABASE_URL) as the program has it',
    )
  }
  await checkOwner(dataDir)
  const held = await lock(dataDir, context)
  try {
    return await start(folder, context, use)
  } finally {
    await held.close()
  }
}
