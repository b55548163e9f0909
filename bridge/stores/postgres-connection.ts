/**
 * One connection for one writer. Owns: connecting on demand, one piece of work at a time, a deadline on
 * each, and dropping a connection that is not known to be good. A server that hangs (stopped, its disk
 * stuck, the network gone without a word) costs the deadline, never for ever: the socket is destroyed.
 */
import { Socket } from 'node:net'
import pg from 'pg'

export interface PostgresConnectionOptions {
  /** Secret: may hold a password. */
  readonly url: string
  readonly connectTimeoutMs: number
}

export interface PostgresConnection {
  /**
   * Runs `work` on the connection once earlier work is over, and rejects when it is not done in time.
   * When `work` throws, the connection stays in use only if a ROLLBACK goes through.
   */
  run<T>(deadlineMs: number, work: (client: pg.Client) => Promise<T>): Promise<T>
  /** Waits for the work under way. Later work is refused. */
  close(): Promise<void>
  /** Ends the work under way: it rejects at once. What the server does of it is not known. */
  cut(): void
}

interface Link {
  readonly client: pg.Client
  readonly socket: Socket
}

/**
 * An acked commit is a durable one, whatever the role's default says. The rest bounds how long a
 * session of ours whose network is gone keeps its locks: the next one waits for the cursor's row. What
 * is asked here has an index, and is quick: compiling it takes longer, and reading a month whole, as the
 * planner may when it has seen few devices, much longer.
 */
const SESSION = `
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
  SET statement_timeout = 0;
  SET idle_in_transaction_session_timeout = '60s';
  SET tcp_keepalives_idle = 15;
  SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3;
  SET jit = off;
  SET enable_seqscan = off`

/** A session of a process that was killed ends within a second also in the midst of a query. */
const WATCH_CLIENT = `SET client_connection_check_interval = '1s'`

/** The deadline of a piece of work has passed. */
export class TooLate extends Error {}

const GOODBYE_MS = 1_000

const within = async <T>(promise: Promise<T>, ms: number, onTimeout: () => void): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onTimeout()
      reject(new TooLate(`no answer within ${ms} ms`))
    }, ms)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Connects; `onGone` is told of a link that broke, also between two pieces of work, and of a failed start. */
const open = async (
  options: PostgresConnectionOptions,
  onMade: (link: Link) => void,
  onGone: (link: Link) => void,
): Promise<Link> => {
  const socket = new Socket()
  const client = new pg.Client({
    connectionString: options.url,
    application_name: 'sluice',
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => socket,
  })
  const link: Link = { client, socket }
  client.on('error', () => onGone(link)) // unheard, it would end the process
  client.on('end', () => onGone(link))
  onMade(link)
  try {
    await client.connect()
    await client.query(SESSION)
    // Servers whose system cannot tell, and those before version 14, refuse it.
    await client.query(WATCH_CLIENT).catch(() => {})
  } catch (error) {
    onGone(link)
    throw error
  }
  return link
}

/** See the head of this file. Errors are those of `pg`, not yet mapped. */
export const createPostgresConnection = (options: PostgresConnectionOptions): PostgresConnection => {
  let link: Link | undefined
  let closed = false
  let tail: Promise<unknown> = Promise.resolve()

  const keep = (made: Link): void => {
    link = made
  }
  const drop = (gone: Link): void => {
    if (link === gone) link = undefined
    gone.socket.destroy()
  }

  const attempt = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const current = link ?? (await open(options, keep, drop))
    try {
      return await work(current.client)
    } catch (error) {
      await current.client.query('ROLLBACK').catch(() => drop(current))
      throw error
    }
  }

  const run = <T>(deadlineMs: number, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const result = tail.then(() => {
      if (closed) throw new Error('the connection to Postgres is closed')
      return within(attempt(work), deadlineMs, () => link !== undefined && drop(link))
    })
    tail = result.catch(() => {})
    return result
  }

  const close = async (): Promise<void> => {
    closed = true
    await tail
    const last = link
    if (last === undefined) return
    await within(last.client.end(), GOODBYE_MS, () => {}).catch(() => {})
    drop(last)
  }

  const cut = (): void => {
    if (link !== undefined) drop(link)
  }

  return { run, close, cut }
}
