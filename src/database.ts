/** The Postgres side of the program: three pools for reads, one connection for COPY, made ready before use. */
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
  createPostgresExport,
  createPostgresHistory,
  createPostgresPool,
  createPostgresRange,
  createPostgresSink,
  createRollups,
  createStorageReader,
  type DeviceStore,
  type HistoryReader,
  KEEP_PLANS_MS,
  migrate,
  type PartHealth,
  PLAN_ONCE,
  type PostgresPoolOptions,
  type RangeReader,
  type ReadingExport,
  type ReadingSink,
  type RollupCounts,
  type RollupProgress,
  type Storage,
  type TableStorage,
} from '../bridge/index.ts'
import { errorText } from './error-text.ts'
import type { DeviceLetters } from './facade/index.ts'
import type { LimitedLog, Log } from './logging.ts'
import { createPostgresHealth } from './postgres-health.ts'
import { createReadReplica, type ReadReplica } from './read-replica.ts'
import { createStorageFigures } from './storage-figures.ts'

export interface Database {
  readonly sink: ReadingSink
  readonly history: HistoryReader
  readonly ranges: RangeReader
  readonly exports: ReadingExport
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
  /** Sizes and next drops of the tables of readings, of the last 30 seconds; null: Postgres does not answer. */
  storage(): Promise<readonly TableStorage[] | null>
  /** How far the minutes and hours are, of the last 30 seconds; null: Postgres does not answer. */
  rollups(): Promise<RollupProgress | null>
  /** The same as it was last heard, at once, and what this process counted. */
  storageNumbers(): StorageNumbers
}

export interface StorageNumbers {
  /** Undefined: nothing was heard for some minutes. */
  readonly storage: Storage | undefined
  readonly counts: RollupCounts
}

export interface DatabaseOptions {
  /** Secret. */
  readonly url: string
  /** Secret. A replica that history is read from; undefined: none. */
  readonly readUrl: string | undefined
  /** 0: for ever. */
  readonly retention: { readonly days: number; readonly minuteDays: number; readonly hourDays: number }
  /** Other nodes store into the same tables. */
  readonly isShared?: boolean
}

const GOODBYE_MS = 1_500
const POOL_CONNECTIONS = 8
/** Newest readings: with plans of their own, see PLAN_ONCE. */
const READING_CONNECTIONS = 4
/** Questions over a range may take seconds: nothing else waits for them. */
const RANGE_CONNECTIONS = 4

/** Waits for the end of a part, but not for one that hangs. */
const soon = (end: Promise<void>): Promise<unknown> =>
  Promise.race([end, new Promise((resolve) => setTimeout(resolve, GOODBYE_MS).unref())])

/** The stores in the Postgres at `url`. Nothing is connected before `start`. */
export const createDatabase = (
  { clock, log, limited }: { readonly clock: Clock; readonly log: Log; readonly limited: LimitedLog },
  options: DatabaseOptions,
): Database => {
  const warn = (what: string) => (error: unknown) => log.warn({ error: errorText(error) }, what)
  const openPool = (
    maxConnections: number,
    more: Pick<PostgresPoolOptions, 'settings' | 'idleTimeoutMs'> = {},
  ) =>
    createPostgresPool({
      ...more,
      url: options.url,
      maxConnections,
      onIdleError: warn('a connection to Postgres broke'),
    })
  const pool = openPool(POOL_CONNECTIONS)
  const readingPool = openPool(READING_CONNECTIONS, { settings: PLAN_ONCE, idleTimeoutMs: KEEP_PLANS_MS })
  const rangePool = openPool(RANGE_CONNECTIONS, { idleTimeoutMs: KEEP_PLANS_MS })
  const partitions = createPartitions(
    { pool, clock },
    { onError: warn('partitions of the tables of readings could not be kept up') },
  )
  const retention = {
    sensor_data: options.retention.days,
    readings_minute: options.retention.minuteDays,
    readings_hour: options.retention.hourDays,
  }
  const rollups = createRollups(
    { partitions, monotonic: () => performance.now() },
    {
      url: options.url,
      retention,
      onDropped: (dropped) => log.info({ dropped }, 'readings were dropped for their age'),
      onError: (error) =>
        limited.write({
          key: 'rollups',
          level: 'warn',
          msg: 'minutes and hours of readings could not be made: it is tried again',
          fields: { error: errorText(error) },
        }),
    },
  )
  const figures = createStorageFigures(clock, createStorageReader(pool, retention))
  const prepare = async (): Promise<void> => {
    const ran = await migrate(options.url)
    if (ran.length > 0) log.info({ migrations: ran }, 'the database was brought up to date')
    await partitions.start()
  }
  const sink = createPostgresSink(
    { partitions, prepare },
    { url: options.url, isShared: options.isShared === true },
  )
  const history = createPostgresHistory(readingPool)
  const ranges = createPostgresRange(rangePool, { maxRunning: RANGE_CONNECTIONS })
  const exports = createPostgresExport(pool, { url: options.url })
  const replica =
    options.readUrl === undefined
      ? undefined
      : createReadReplica({ clock, limited, history, ranges, exports, sink }, options.readUrl)
  const ask = async (): Promise<PartHealth> => {
    const { rows } = await pool.query<{ server_version: string }>('SHOW server_version')
    return { ok: true, message: 'connected', version: rows[0]?.server_version ?? null }
  }

  return {
    sink: replica?.sink ?? sink,
    history: replica?.history ?? history,
    ranges: replica?.ranges ?? ranges,
    exports: replica?.exports ?? exports,
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
      await rollups.start()
      figures.last() // the first who asks finds an answer
    },
    stop: async () => {
      await Promise.all([partitions.stop(), soon(rollups.stop())])
      // A Postgres that hangs would hold each of them for as long as a query may take.
      const ends = [sink.close(), pool.end(), readingPool.end(), rangePool.end(), replica?.stop()]
      await Promise.all(ends.map((end) => soon(Promise.resolve(end))))
    },
    storage: async () => (await figures.read())?.tables ?? null,
    rollups: async () => (await figures.read())?.rollups ?? null,
    storageNumbers: () => ({ storage: figures.last(), counts: rollups.counts() }),
    health: createPostgresHealth({
      clock,
      ask,
      failed: (why) => `Postgres does not answer (${why}): readings wait in the spool`,
    }),
  }
}
