/** The read replica of Postgres (DATABASE_READ_URL): its history, what the log and `/health` say of it. */
import {
  type Clock,
  createPostgresExport,
  createPostgresPool,
  createReplicaExport,
  createReplicaHistory,
  createReplicaRange,
  type HistoryReader,
  KEEP_PLANS_MS,
  noteStored,
  type PartHealth,
  PLAN_ONCE,
  type RangeReader,
  type ReadingExport,
  type ReadingSink,
  type ReplicaHistory,
} from '../bridge/index.ts'
import { errorText } from './error-text.ts'
import type { LimitedLog } from './logging.ts'
import { createPostgresHealth } from './postgres-health.ts'

export interface ReadReplicaDeps {
  readonly clock: Clock
  readonly limited: LimitedLog
  /** Of the primary, which answers when the replica cannot. */
  readonly history: HistoryReader
  readonly ranges: RangeReader
  readonly exports: ReadingExport
  readonly sink: ReadingSink
}

export interface ReadReplica {
  readonly history: HistoryReader
  readonly ranges: RangeReader
  readonly exports: ReadingExport
  /** To be used instead of the one that was given: it knows how far the replica must be. */
  readonly sink: ReadingSink
  readonly reads: ReplicaHistory['reads']
  health(): Promise<PartHealth>
  stop(): Promise<void>
}

/** A replica that does not answer is not waited for as long as a primary: the primary answers instead. */
const CONNECT_TIMEOUT_MS = 1_500
const STATEMENT_TIMEOUT_MS = 15_000

const STATE = `
  SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS replica,
    CASE WHEN pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
      THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::double precision
      ELSE 0 END AS lag`

interface State {
  readonly version: string
  readonly replica: boolean
  readonly lag: number | null
}

/** Nothing is connected before the first read. `url` is a secret. */
export const createReadReplica = (
  { clock, limited, history, ranges, exports, sink }: ReadReplicaDeps,
  url: string,
): ReadReplica => {
  const fallBack = (why: string, error: unknown): void =>
    limited.write({
      key: `replica:${why}`,
      level: 'warn',
      msg: 'the read replica cannot answer: history is read from the primary',
      fields: { why, ...(error === undefined ? {} : { error: errorText(error) }) },
    })
  const openPool = (settings?: string) =>
    createPostgresPool({
      ...(settings === undefined ? {} : { settings }),
      url,
      idleTimeoutMs: KEEP_PLANS_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onIdleError: (error) => fallBack('connection', error),
    })
  const [pool, rangePool] = [openPool(PLAN_ONCE), openPool()]
  const noted = noteStored(sink)
  const replicated = createReplicaHistory({
    primary: history,
    pool,
    storedTo: noted.storedTo,
    clock,
    random: Math.random,
    // Until the spool's place in Postgres was read once, right behind the start, that is nothing to tell.
    onFallback: (why, error) => (why === 'unknown' ? undefined : fallBack(why, error)),
  })
  const ask = async (): Promise<PartHealth> => {
    const { version, replica, lag } = (await pool.query<State>(STATE)).rows[0] ?? {
      version: '',
      replica: false,
      lag: null,
    }
    const message = replica ? 'connected' : 'connected, but it is no replica (not in recovery)'
    return { ok: true, message, version, lagSeconds: lag }
  }
  const { choose } = replicated
  const onReplica = createPostgresExport(pool, { url, connectTimeoutMs: CONNECT_TIMEOUT_MS })
  return {
    history: replicated,
    ranges: createReplicaRange({ primary: ranges, pool: rangePool, choose }),
    exports: createReplicaExport({ primary: exports, replica: onReplica, choose }),
    sink: noted.sink,
    reads: replicated.reads,
    health: createPostgresHealth({
      clock,
      ask,
      failed: (why) => `the read replica does not answer (${why}): history is read from the primary`,
    }),
    stop: async () => void (await Promise.all([pool.end(), rangePool.end()])),
  }
}
