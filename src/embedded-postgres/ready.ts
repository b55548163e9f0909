/** Waits until the server answers SQL, and makes the database on first use. */
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { errorCode } from '../error-code.ts'
import { embeddedFailure } from './failure.ts'
import type { Postmaster } from './postmaster.ts'

export interface ReadyOptions {
  readonly url: string
  readonly postmaster: Postmaster
  readonly signal: AbortSignal
  /** Crash recovery replays the log before the server answers. */
  readonly timeoutMs: number
}

const FIRST_POLL_MS = 20
/** Each refused connection is a line in the server's log. */
const LAST_POLL_MS = 500

/**
 * Not there yet: not listening, cut while starting (pg gives that no code), "the database system is starting up".
 * Anything else, such as a wrong password, stays as it is.
 */
const NOT_YET: ReadonlySet<string | undefined> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  '57P03',
  undefined,
])

/** Resolves with the version; throws EMBEDDED_POSTGRES with the last log lines, or the signal's reason. */
export const waitUntilReady = async (options: ReadyOptions): Promise<string> => {
  const deadline = performance.now() + options.timeoutMs
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, LAST_POLL_MS)) {
    options.signal.throwIfAborted()
    try {
      return await prepareDatabase(options.url)
    } catch (error) {
      if (!NOT_YET.has(errorCode(error)) || performance.now() > deadline) throw notReady(error, options)
      await delay(pollMs)
    }
  }
}

const notReady = (error: unknown, { postmaster, timeoutMs }: ReadyOptions) => {
  const since = NOT_YET.has(errorCode(error)) ? ` after ${timeoutMs / 1000} s` : ''
  const headline = `The embedded Postgres does not answer${since}: ${String(error)}`
  return embeddedFailure([headline, ...postmaster.lastLines()].join('\n'), error)
}

/** Asks in the database that initdb makes, since a missing one would be a FATAL line in the log of a first start. */
const prepareDatabase = async (url: string): Promise<string> => {
  const maintenance = new URL(url)
  maintenance.pathname = '/postgres'
  const client = new Client({ connectionString: maintenance.href, connectionTimeoutMillis: 10_000 })
  // A connection that breaks between two queries must not take the process down; the next query reports it.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; exists: boolean }>(
      "SELECT version(), EXISTS (SELECT FROM pg_database WHERE datname = 'sluice')",
    )
    if (rows[0]?.exists !== true) await client.query('CREATE DATABASE sluice')
    return (rows[0]?.version ?? '').split(' ').slice(0, 2).join(' ')
  } finally {
    await client.end().catch(() => undefined)
  }
}
