/** Opens the database the program uses, also while it runs. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPartitions, createPostgresDeadLetters, createPostgresPool } from '../../bridge/index.ts'
import { errorCode } from '../error-code.ts'
import { errorText } from '../error-text.ts'
import { loadConfig } from '../load-config.ts'
import { redactUrl } from '../redact.ts'
import { type CommandContext, CommandError } from './command.ts'

export type DeadLetters = ReturnType<typeof createPostgresDeadLetters>
export type LetterFilter = Parameters<DeadLetters['purge']>[0]
export type LetterHead = Awaited<ReturnType<DeadLetters['heads']>>[number]
export type Letter = NonNullable<Awaited<ReturnType<DeadLetters['get']>>>
type ReplayPages = ReturnType<DeadLetters['replay']>
export type ReplayOutcome = ReplayPages extends AsyncIterable<readonly (infer Outcome)[]> ? Outcome : never

export interface Stores {
  readonly letters: DeadLetters
  readonly partitions: ReturnType<typeof createPartitions>
}

interface Address {
  /** Secret. */
  readonly url: string
  /** What to do when nothing answers there. */
  readonly hint: string
}

/** A letter may hold 1 MiB, a table may hold millions of them. */
const STATEMENT_TIMEOUT_MS = 600_000

const embeddedAddress = async (dataDir: string): Promise<Address> => {
  const file = join(dataDir, 'postgres.url')
  try {
    const hint = `the embedded Postgres of ${dataDir} runs only while Sluice does: start Sluice with this DATA_DIR`
    return { url: (await readFile(file, 'utf8')).trim(), hint }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw new CommandError(`cannot read ${file}: ${errorText(error)}`)
    throw new CommandError(
      `there is no ${file}: Sluice has never run with this DATA_DIR. Set DATA_DIR (or DATABASE_URL) as the program has it`,
    )
  }
}

/** Where the database is. Throws ConfigError or CommandError. */
export const findDatabase = async ({ env, cwd }: Pick<CommandContext, 'env' | 'cwd'>): Promise<Address> => {
  const { useDb, databaseUrl, dataDir } = loadConfig(env, cwd)
  if (!useDb)
    throw new CommandError('USEDB=false: with it Sluice has no database, and keeps no dead letters there')
  if (databaseUrl === undefined) return await embeddedAddress(dataDir)
  return { url: databaseUrl, hint: 'check that Postgres runs and that DATABASE_URL leads to it' }
}

/** Runs `use` with the stores of the program's database. */
export const withStores = async <T>(
  context: CommandContext,
  use: (stores: Stores) => Promise<T>,
): Promise<T> => {
  const { url, hint } = await findDatabase(context)
  const pool = createPostgresPool({ url, maxConnections: 3, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  try {
    await pool.query('SELECT').catch((error) => {
      throw new CommandError(`Postgres does not answer (${redactUrl(errorText(error))}): ${hint}`)
    })
    return await use({
      letters: createPostgresDeadLetters(pool),
      partitions: createPartitions({ pool, clock: context.now }),
    })
  } finally {
    await pool.end()
  }
}
