import pg from 'pg'

export interface PostgresPoolOptions {
  /** Secret: may hold a password. */
  readonly url: string
  /** Default 8. */
  readonly maxConnections?: number
  /** Default 5,000. */
  readonly connectTimeoutMs?: number
  /** The server ends a statement after this long. Default 30,000. */
  readonly statementTimeoutMs?: number
  /** A connection nobody used for so long is closed, and what it had planned is gone. Default 10,000. */
  readonly idleTimeoutMs?: number
  /** Sent on each new connection, before anything else is. */
  readonly settings?: string
  /** An idle connection broke. The pool has dropped it already and makes another on demand. */
  readonly onIdleError?: (error: Error) => void
}

/** How long connections of questions that people ask now and then are kept: a first plan takes ten times an answer. */
export const KEEP_PLANS_MS = 10 * 60_000

/**
 * One plan a connection for each named statement, by the index. Left to itself Postgres would plan every read of a
 * device anew over all partitions, which takes longer than the read.
 */
export const PLAN_ONCE = 'SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off'

/**
 * The pool for reads and small writes; COPY has a connection of its own (postgres-connection.ts), which
 * no slow read can keep busy and no statement timeout can cut. Nothing is connected before the first
 * query.
 */
export const createPostgresPool = (options: PostgresPoolOptions): pg.Pool => {
  const { settings, statementTimeoutMs = 30_000 } = options
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'sluice',
    max: options.maxConnections ?? 8,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    statement_timeout: statementTimeoutMs,
    // For a server too stuck to keep its own timeout.
    query_timeout: statementTimeoutMs + 5_000,
    idleTimeoutMillis: options.idleTimeoutMs ?? 10_000,
    ...(settings === undefined ? {} : { onConnect: async (client) => void (await client.query(settings)) }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // The pool listens to idle clients only. Of one that is checked out the query under way reports the error, and the
  // next one; unheard, the event itself would end the process.
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  // Without a listener an idle client's error would end the process. At the end of the pool its clients may still
  // be told that the server stops: no trouble of anyone's.
  pool.on('error', (error) => {
    if (!pool.ending) options.onIdleError?.(error)
  })
  return pool
}
