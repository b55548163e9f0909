/**
 * The client of ioredis for each kind of address, made to fail fast alike: while Redis is away a command is refused
 * soon (no queue that grows through an outage), and what it carried is the caller's to keep. A frozen server is
 * noticed by the command timeout, a dead network path by the socket timeout. Attempts to reconnect never end.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { type RetryPolicy, retryDelay } from '../core/retry.ts'
import type { RedisAddress } from './redis-address.ts'

export type RedisClient = Redis | Cluster

/** Redis starts in well under a second, and a reconnect costs it next to nothing: ask often. */
const RECONNECT: RetryPolicy = { minDelayMs: 50, maxDelayMs: 2_000 }
const CONNECT_TIMEOUT_MS = 5_000
const COMMAND_TIMEOUT_MS = 2_000
const SOCKET_TIMEOUT_MS = 5_000
/** ioredis keeps a timer of this length even for a socket that is closed already: short, or it delays the exit. */
const DISCONNECT_TIMEOUT_MS = 100
/** A command of a Redis Cluster follows a moved key at once, and asks again where a node went, twice a second. */
const MAX_REDIRECTIONS = 4
const REDIRECTION_DELAY_MS = 150
const SLOTS_REFRESH_MS = 5_000

const COMMON = {
  lazyConnect: true,
  connectionName: 'sluice',
  // RESP2 is understood by every server and proxy; nothing here needs RESP3.
  protocol: 2,
  autoResendUnfulfilledCommands: false,
  // What ioredis subscribes to again by itself it does not look after: a refusal would end the process. Whoever
  // listens subscribes anew when the connection is back.
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  disconnectTimeout: DISCONNECT_TIMEOUT_MS,
} as const satisfies RedisOptions

/** Nothing is opened before its `connect()`. */
export const createRedisClient = (address: RedisAddress, random: () => number): RedisClient => {
  const retryStrategy = (attempt: number): number => retryDelay(attempt, RECONNECT, random)
  if (address.kind === 'cluster') return clusterClient(address, retryStrategy)
  const options = {
    ...COMMON,
    enableOfflineQueue: false,
    retryStrategy,
    // After a failover the connection may lead to what is now a replica. READONLY is Redis' code for it.
    reconnectOnError: (error: Error): boolean => error.message.startsWith('READONLY '),
  }
  if (address.kind === 'single') return new Redis(address.url, options)
  const { sentinels, master, db, tls, login, sentinelPassword } = address
  return new Redis({
    ...options,
    ...loginOptions(login),
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: master,
    db,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    sentinelRetryStrategy: retryStrategy,
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
  })
}

const loginOptions = ({ username, password }: RedisAddress['login']) => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password }),
})

const clusterClient = (
  { nodes, login, tls }: Extract<RedisAddress, { readonly kind: 'cluster' }>,
  clusterRetryStrategy: (attempt: number) => number,
): Cluster =>
  new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect: true,
      enableOfflineQueue: false,
      // Commands of one turn of the loop go to each node as one write, whatever slots their keys are in: a pipeline
      // of one's own must hold keys of one node only.
      enableAutoPipelining: true,
      maxRedirections: MAX_REDIRECTIONS,
      retryDelayOnFailover: REDIRECTION_DELAY_MS,
      retryDelayOnClusterDown: REDIRECTION_DELAY_MS,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      clusterRetryStrategy,
      // Resolved to an address, a certificate for the name would not fit any more.
      ...(tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
      redisOptions: { ...COMMON, ...loginOptions(login), ...(tls ? { tls: {} } : {}) },
    },
  )
