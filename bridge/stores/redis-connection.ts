/**
 * One connection to Redis that comes and goes (to each node of it, when it is a Redis Cluster). How it fails is
 * told in redis-client.ts; here is whether it is there, and why not.
 *
 * Errors of ioredis can carry the arguments of a command, AUTH among them, so none is handed on as it is.
 */
import { BridgeError } from '../core/errors.ts'
import { parseRedisUrl, REDIS_URL_FORMS, type RedisAddress } from './redis-address.ts'
import { createRedisClient, type RedisClient } from './redis-client.ts'

const QUIT_TIMEOUT_MS = 1_000

/** Told on each change, never twice the same; `error` says why it is away. */
export type OnAvailable = (available: boolean, error?: BridgeError) => void

export interface RedisConnection {
  readonly client: RedisClient
  /** A Redis Cluster counts as available while it is known where its keys are, also when one node is away. */
  readonly available: boolean
  /** Begins to connect. Resolves when the first attempt succeeded or failed; never rejects. */
  start(): Promise<void>
  /** Ends the connection, sending what is under way when Redis answers within a second. */
  close(): Promise<void>
}

/**
 * Prepares a connection; nothing is opened before `start`.
 *
 * @param url in one of the forms of `parseRedisUrl`, may hold user and password
 * @throws STORE_UNAVAILABLE when the URL cannot be read (the message does not hold it)
 */
export const createRedisConnection = (
  url: string,
  onAvailable: OnAvailable = () => {},
  random: () => number = Math.random,
): RedisConnection => {
  const address = addressOf(url)
  const client = createRedisClient(address, random)
  let state: 'unknown' | 'up' | 'down' = 'unknown'
  let lastError: unknown
  let closing: Promise<void> | undefined
  let known: () => void = () => {}
  const firstKnown = new Promise<void>((resolve) => {
    known = resolve
  })

  const report = (next: 'up' | 'down'): void => {
    known()
    if (state === next || closing !== undefined) return
    state = next
    if (next === 'up') onAvailable(true)
    else onAvailable(false, unavailable(address, lastError))
  }

  let nodeError: unknown
  // Of a node of a Redis Cluster. What the cluster itself says then is less: that a connection was closed.
  client.on('node error', (error: unknown) => {
    nodeError = error
  })
  client.on('error', (error: unknown) => {
    lastError = nodeError ?? causeOf(error)
    // While no Sentinel answers there is no connection yet that could close.
    if (address.kind === 'sentinel' && client.status === 'connecting') report('down')
  })
  client.on('ready', () => {
    nodeError = undefined
    report('up')
  })
  client.on('close', () => report('down'))

  const close = async (): Promise<void> => {
    const wasReady = client.status === 'ready'
    if (wasReady) await quit(client)
    // A Redis Cluster that has quit is on its way to its end; disconnecting it again would stop it half-way.
    if (!wasReady || address.kind !== 'cluster') client.disconnect()
    known()
  }

  return {
    client,
    get available() {
      return client.status === 'ready'
    },
    start: async () => {
      if (client.status !== 'wait' || closing !== undefined) return
      // The promise of ioredis is not settled while Sentinels, or the slots of a Redis Cluster, are still looked for.
      client.connect().catch(() => {})
      await firstKnown
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

const quit = async (client: RedisClient): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, QUIT_TIMEOUT_MS)
  })
  await Promise.race([client.quit().catch(() => {}), late])
  clearTimeout(timer)
}

const addressOf = (url: string): RedisAddress => {
  const address = parseRedisUrl(url)
  if (address !== undefined) return address
  throw new BridgeError(
    'STORE_UNAVAILABLE',
    `The URL of Redis cannot be read: it must look like ${REDIS_URL_FORMS}`,
  )
}

/** A Redis Cluster that cannot be reached says so in general; why, the last of its nodes knows. */
const causeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'lastNodeError' in error ? error.lastNodeError : error

const secretsOf = (address: RedisAddress): readonly string[] => {
  const secrets = [address.login.password, address.kind === 'sentinel' ? address.sentinelPassword : undefined]
  return secrets.filter((secret) => secret !== undefined)
}

const unavailable = (address: RedisAddress, error: unknown): BridgeError => {
  // No message of Redis is known to hold a password; one that did would end up in a log for good.
  const shown = secretsOf(address).reduce((text, secret) => text.replaceAll(secret, '***'), reason(error))
  return new BridgeError('STORE_UNAVAILABLE', `Redis at ${address.hosts} cannot be reached: ${shown}`)
}

const reason = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return 'the connection was closed'
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return String(code ?? message)
}
