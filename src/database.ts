/** The Postgres side of the program: one pool for reads, one connection for COPY, made ready before use. */
import {
  type BuzzerStore,
  type Clock,
  type CredentialChanges,
  type CredentialStore,
  createPartitions,
  createPostgresBuzzer,
  createPostgresCredentialChanges,
  createPostgresCredentials,
  createPostgresDeadLetters,
  createPostgresDevices,
  createPostgresHistory,
  createPostgresPool,
  createPostgresSink,
  type DeviceStore,
  type HistoryReader,
  migrate,
  type PartHealth,
  type ReadingSink,
} from '../bridge/index.ts'
import { errorText } from './error-text.ts'
import type { DeviceLetters } from './facade/index.ts'
import type { LimitedLog, Log } from './logging.ts'
import { createPostgresHealth } from './postgres-health.ts'
import { createReadReplica, type ReadReplica } from './read-replica.ts'

export interface Database {
  readonly sink: ReadingSink
  readonly history: HistoryReader
  readonly devices: DeviceStore
  readonly buzzer: BuzzerStore
  readonly credentials: CredentialStore
  readonly changes: CredentialChanges
  /** The newest dead letters of a device. */
  readonly letters: DeviceLetters
  /** Undefined: no DATABASE_READ_URL. */
  readonly replica: Pick<ReadReplica, 'health' | 'reads'> | undefined
  /** Migrates and makes partitions; a Postgres that is away is no error: it is made ready when it comes. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Asks Postgres, at most every two seconds. */
  health(): Promise<PartHealth>
}

export interface DatabaseOptions {
  /** Secret. */
  readonly url: string
  /** Secret. A replica that history is read from; undefined: none. */
  readonly readUrl: string | undefined
  readonly retentionDays: number
  /** Other nodes store into the same tables. */
  readonly isShared?: boolean
}

const GOODBYE_MS = 1_500

/** Waits for the end of a part, but not for one that hangs. */
const soon = (end: Promise<void>): Promise<unknown> =>
  Promise.race([end, new Promise((resolve) => setTimeout(resolve, GOODBYE_MS).unref())])

/** The stores in the Postgres at `url`. Nothing is connected before `start`. */
export const createDatabase = (
  { clock, log, limited }: { readonly clock: Clock; readonly log: Log; readonly limited: LimitedLog },
  options: DatabaseOptions,
): Database => {
  const warn = (what: string) => (error: unknown) => log.warn({ error: errorText(error) }, what)
  const pool = createPostgresPool({ url: options.url, onIdleError: warn('a connection to Postgres broke') })
  const partitions = createPartitions(
    { pool, clock },
    { retentionDays: options.retentionDays, onError: warn('partitions of sensor_data could not be kept up') },
  )
  const prepare = async (): Promise<void> => {
    const ran = await migrate(options.url)
    if (ran.length > 0) log.info({ migrations: ran }, 'the database was brought up to date')
    await partitions.start()
  }
  const sink = createPostgresSink(
    { partitions, prepare },
    { url: options.url, isShared: options.isShared === true },
  )
  const history = createPostgresHistory(pool)
  const replica =
    options.readUrl === undefined
      ? undefined
      : createReadReplica({ clock, limited, history, sink }, options.readUrl)
  const ask = async (): Promise<PartHealth> => {
    const { rows } = await pool.query<{ server_version: string }>('SHOW server_version')
    return { ok: true, message: 'connected', version: rows[0]?.server_version ?? null }
  }

  return {
    sink: replica?.sink ?? sink,
    history: replica?.history ?? history,
    replica,
    devices: createPostgresDevices(pool),
    buzzer: createPostgresBuzzer(pool),
    credentials: createPostgresCredentials(pool),
    letters: createPostgresDeadLetters(pool).ofDevice,
    changes: createPostgresCredentialChanges({
      url: options.url,
      onListening: (listening, error) => {
        if (!listening)
          warn('changes of credentials are not heard of: a revoked one may count for 5 minutes')(error)
      },
    }),
    start: async () => {
      try {
        await prepare()
      } catch (error) {
        warn('Postgres is not ready: readings wait in the spool until it is')(error)
      }
    },
    stop: async () => {
      await partitions.stop()
      // A Postgres that hangs would hold each of them for as long as a query may take.
      await Promise.all([sink.close(), pool.end(), replica?.stop()].map((end) => soon(Promise.resolve(end))))
    },
    health: createPostgresHealth({
      clock,
      ask,
      failed: (why) => `Postgres does not answer (${why}): readings wait in the spool`,
    }),
  }
}
