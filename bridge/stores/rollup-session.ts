/**
 * The connection of the rollups: one process per database has their lock, for as long as its connection lives. Work is
 * done in chunks, each a short transaction, with a pause after each in proportion to the time it took, so that the
 * drain has the machine at least half of the time. Nothing waits long for a lock that others hold.
 */
import type pg from 'pg'
import { createPostgresConnection, type PostgresConnection } from './postgres-connection.ts'

export interface RollupSession {
  /** True when this process is the one that keeps the rollups. Errors are those of `pg`. */
  take(): Promise<boolean>
  /** Commits `work`, then pauses. Rejects with `Stopped` after `close`. */
  chunk<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<Chunk<T>>
  /** As `chunk`, without transaction and pause. */
  use<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T>
  /** One statement outside of a transaction. */
  query<R extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly R[]>
  /** Ends what is under way at once. */
  close(): Promise<void>
}

export interface Chunk<T> {
  readonly result: T
  readonly tookMs: number
}

export interface RollupSessionOptions {
  /** Secret: may hold a password. */
  readonly url: string
  /** Default 5,000. */
  readonly connectTimeoutMs?: number
  /** Of the time a chunk took. Default 1. */
  readonly pauseShare?: number
}

export class Stopped extends Error {}

/** Any number: names the lock. */
const LOCK = 7_239_481_005

/**
 * What is lost in a crash of the server is lost together with what says that it was made: nobody has to wait for the
 * disk. The joins of the aggregates are between things whose size the planner does not know.
 */
const SESSION = `
  SET lock_timeout = '1s';
  SET statement_timeout = '5min';
  SET synchronous_commit = off;
  SET max_parallel_workers_per_gather = 0;
  SET work_mem = '32MB';
  SET enable_nestloop = off`

/** A statement has its own timeout; this is for a server that hangs. */
const DEADLINE_MS = 330_000
const LONGEST_PAUSE_MS = 2_000

/** See the head of this file. Nothing is connected before `take`. */
export const createRollupSession = (
  { monotonic }: { readonly monotonic: () => number },
  options: RollupSessionOptions,
): RollupSession => {
  const connection: PostgresConnection = createPostgresConnection({
    url: options.url,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
  })
  let owner: pg.Client | undefined
  let isClosed = false
  let wake: (() => void) | undefined

  const run = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    if (isClosed) throw new Stopped('the rollups are stopped')
    try {
      return await connection.run(DEADLINE_MS, work)
    } catch (error) {
      throw isClosed ? new Stopped('the rollups are stopped') : error
    }
  }

  /** The lock went with the connection it was taken on. */
  const owned = <T>(work: (client: pg.Client) => Promise<T>): Promise<T> =>
    run((client) => {
      if (client !== owner) throw new Error('the connection of the rollups broke')
      return work(client)
    })

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (isClosed || ms < 1) return resolve()
      const timer = setTimeout(resolve, Math.min(ms, LONGEST_PAUSE_MS))
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const take = (): Promise<boolean> =>
    run(async (client) => {
      if (client === owner) return true
      await client.query(SESSION)
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
        LOCK,
      ])
      if (rows[0]?.taken !== true) return false
      owner = client
      return true
    })

  const chunk = async <T>(work: (client: pg.ClientBase) => Promise<T>): Promise<Chunk<T>> => {
    const since = monotonic()
    const result = await owned(async (client) => {
      await client.query('BEGIN')
      const made = await work(client)
      await client.query('COMMIT')
      return made
    })
    const tookMs = monotonic() - since
    await pause(tookMs * (options.pauseShare ?? 1))
    return { result, tookMs }
  }

  return {
    take,
    chunk,
    use: owned,
    query: (sql, values = []) => owned(async (client) => (await client.query(sql, [...values])).rows),
    close: async () => {
      isClosed = true
      wake?.()
      connection.cut()
      await connection.close()
    },
  }
}
