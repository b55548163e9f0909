/**
 * One connection to Redis that comes and goes. It fails fast: while Redis is away every command is refused at
 * once (no queue that grows through an outage), and what a command carried is the caller's to keep. A frozen
 * server is noticed by the command timeout, a dead network path by the socket timeout.
 *
 * Errors of ioredis can carry the arguments of a command, AUTH among them, so none is handed on as it is.
 */
import { Redis } from 'ioredis'
import { BridgeError } from '../core/errors.ts'
import { type RetryPolicy, retryDelay } from '../core/retry.ts'

/** Redis starts in well under a second, and a reconnect costs it next to nothing: ask often. */
const RECONNECT: RetryPolicy = { minDelayMs: 50, maxDelayMs: 2_000 }
const CONNECT_TIMEOUT_MS = 5_000
const COMMAND_TIMEOUT_MS = 2_000
const SOCKET_TIMEOUT_MS = 5_000
const QUIT_TIMEOUT_MS = 1_000
/** ioredis keeps a timer of this length even for a socket that is closed already: short, or it delays the exit. */
const DISCONNECT_TIMEOUT_MS = 100

/** Told on each change, never twice the same; `error` says why it is away. */
export type OnAvailable = (available: boolean, error?: BridgeError) => void

export interface RedisConnection {
  readonly client: Redis
  readonly available: boolean
  /** Begins to connect. Resolves when the first attempt succeeded or failed; never rejects. */
  start(): Promise<void>
  /** Ends the connection, sending what is under way when Redis answers within a second. */
  close(): Promise<void>
}

/**
 * Prepares a connection; nothing is opened before `start`.
 *
 * @param url `redis://` or `rediss://`, may hold user and password
 * @throws STORE_UNAVAILABLE when the URL cannot be read (the message does not hold it)
 */
export const createRedisConnection = (
  url: string,
  onAvailable: OnAvailable = () => {},
  random: () => number = Math.random,
): RedisConnection => {
  const target = parseTarget(url)
  const client = newClient(url, random)
  let state: 'unknown' | 'up' | 'down' = 'unknown'
  let lastError: unknown
  let closing: Promise<void> | undefined

  const report = (next: 'up' | 'down'): void => {
    if (state === next || closing !== undefined) return
    state = next
    if (next === 'up') onAvailable(true)
    else onAvailable(false, unavailable(target, lastError))
  }

  client.on('error', (error: unknown) => {
    lastError = error
  })
  client.on('ready', () => report('up'))
  client.on('close', () => report('down'))

  const close = async (): Promise<void> => {
    if (client.status === 'ready') await quit(client)
    client.disconnect()
  }

  return {
    client,
    get available() {
      return client.status === 'ready'
    },
    start: async () => {
      if (client.status === 'wait' && closing === undefined) await client.connect().catch(() => {})
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** What a failure of Redis is to the rest of the program: a code, and a sentence without secrets. */
export const redisFailure = (what: string, error: unknown): BridgeError =>
  new BridgeError('STORE_UNAVAILABLE', `${what}: ${reason(error)}`)

const newClient = (url: string, random: () => number): Redis =>
  new Redis(url, {
    lazyConnect: true,
    connectionName: 'sluice',
    // RESP2 is understood by every server and proxy; nothing here needs RESP3.
    protocol: 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => retryDelay(attempt, RECONNECT, random),
    // After a failover the connection may lead to what is now a replica. READONLY is Redis' code for it.
    reconnectOnError: (error) => error.message.startsWith('READONLY '),
  })

const quit = async (client: Redis): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, QUIT_TIMEOUT_MS)
  })
  await Promise.race([client.quit().catch(() => {}), late])
  clearTimeout(timer)
}

interface Target {
  readonly name: string
  readonly password: string
}

const parseTarget = (url: string): Target => {
  try {
    const { host, password, protocol } = new URL(url)
    if (protocol !== 'redis:' && protocol !== 'rediss:') throw new Error(`protocol ${protocol}`)
    return { name: host, password: decodeURIComponent(password) }
  } catch {
    throw new BridgeError(
      'STORE_UNAVAILABLE',
      'The URL of Redis cannot be read: it must look like redis://user:password@host:6379/0',
    )
  }
}

const unavailable = ({ name, password }: Target, error: unknown): BridgeError => {
  const why = reason(error)
  // No message of Redis is known to hold the password; one that did would end up in a log for good.
  const shown = password === '' ? why : why.replaceAll(password, '***')
  return new BridgeError('STORE_UNAVAILABLE', `Redis at ${name} cannot be reached: ${shown}`)
}

const reason = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return 'the connection was closed'
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return String(code ?? message)
}
