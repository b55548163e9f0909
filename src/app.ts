/**
 * The program's life. What holds data for others (the sessions, the embedded Postgres) starts first and stops
 * last; the parts that need them are put together in assemble.ts once they run.
 */
import { join } from 'node:path'
import { BridgeError, type Level, openLevel, TIME_TOPIC } from '../bridge/index.ts'
import type { Addresses } from './addresses.ts'
import { assemble } from './assemble.ts'
import { buildAccess } from './build-access.ts'
import type { Wrap } from './build-bridge.ts'
import { buildTls } from './build-tls.ts'
import type { Config } from './config.ts'
import { createDatabase } from './database.ts'
import { createEmbeddedPostgres } from './embedded-postgres/index.ts'
import { createLifecycle, type Lifecycle } from './lifecycle.ts'
import { type Log, limitRate } from './logging.ts'
import { buildBroker } from './message-broker.ts'
import { createRestarts } from './restarts.ts'
import { createSharedRedis } from './shared-redis.ts'

export interface App {
  /** Resolves when everything takes messages. Rejects with a BridgeError that says what to do. */
  start(): Promise<Addresses>
  /** Takes nothing more in, stores what Postgres takes within the time, closes in order. */
  stop(): Promise<void>
}

const clock = (): number => Date.now()
const LOG_EVERY_MS = 10_000
/** The bridge and its stores may take this share; the rest is for the embedded Postgres and the sessions. */
const INNER_SHARE = 0.8

/**
 * The program with these settings. Nothing runs, and no file is touched, before `start`.
 * `wrap` is for tests only: the program itself gives none.
 */
export const createApp = (config: Config, log: Log, version: string, wrap: Wrap = {}): App => {
  const limited = limitRate(log, { perMs: LOG_EVERY_MS, clock })
  const embedded =
    config.useDb && config.databaseUrl === undefined
      ? createEmbeddedPostgres({
          dataDir: config.dataDir,
          log: (line) => log.debug({ postgres: line }, 'postgres'),
        })
      : undefined
  const shared =
    config.cluster && config.redisUrl !== undefined
      ? createSharedRedis(config.redisUrl, (available) => {
          if (available) log.info('the nodes reach each other over Redis')
          else log.error('Redis is away: nodes do not reach each other, new MQTT sessions are refused')
        })
      : undefined
  // Each node tells its own clients the time.
  const sharing = shared && { redis: shared.redis, staysHere: (topic: string) => topic === TIME_TOPIC }
  let databaseUrl = config.databaseUrl
  let sessions: Level | undefined
  let inner: Lifecycle | undefined
  let addresses: Addresses | undefined

  const startPostgres = async (): Promise<void> => {
    const started = await embedded?.start()
    databaseUrl = started?.url ?? databaseUrl
    embedded?.onExit(() => {
      log.error('the embedded Postgres ended by itself: starting it again')
      void restarts.ended()
    })
  }

  /** The spool holds what comes in meanwhile. */
  const restarts = createRestarts({
    start: async () => {
      const started = await embedded?.start()
      if (started?.url !== databaseUrl)
        log.fatal('the embedded Postgres moved to another port: restart Sluice')
    },
    onFailed: (error) =>
      log.error({ error: String(error) }, 'the embedded Postgres does not start: it is tried again'),
  })

  const openSessions = async (): Promise<void> => {
    const opened = await openLevel({ folder: join(config.dataDir, 'sessions'), what: 'sessions' })
    if (opened.damage !== null) log.error(`the MQTT sessions were damaged: ${opened.damage}`)
    sessions = opened.db
  }

  const startRest = async (): Promise<void> => {
    if (sessions === undefined) throw new BridgeError('STOPPING', 'The sessions are not open')
    const database =
      config.useDb && databaseUrl !== undefined
        ? createDatabase(
            { clock, log, limited },
            {
              url: databaseUrl,
              readUrl: config.databaseReadUrl,
              retention: config.retention,
              isShared: config.cluster,
            },
          )
        : undefined
    const tls = buildTls(config, log)
    const access = buildAccess(config, log, database)
    const rest = assemble({
      version,
      config,
      log,
      limited,
      database,
      broker: await buildBroker({ config, sessions, sharing, policy: access.policy, tls }),
      access,
      tls,
      wrap,
    })
    inner = rest.lifecycle
    await inner.start()
    addresses = rest.addresses()
  }

  const outer = createLifecycle([
    // First: its lock is what keeps a second Sluice out of the folder, also one in another container.
    { name: 'sessions', start: openSessions, stop: async () => sessions?.close() },
    { name: 'embedded Postgres', start: startPostgres, stop: async () => embedded?.stop() },
    { name: 'shared Redis', start: async () => shared?.start(), stop: async () => shared?.close() },
    {
      name: 'bridge',
      start: startRest,
      stop: async () => inner?.stop(config.shutdownTimeoutMs * INNER_SHARE),
    },
  ])

  return {
    start: async () => {
      await outer.start()
      if (addresses === undefined) throw new BridgeError('STOPPING', 'Stopped while starting')
      return addresses
    },
    stop: async () => {
      restarts.stop()
      if (addresses === undefined) shared?.abandon()
      await outer.stop(config.shutdownTimeoutMs)
      limited.flush()
    },
  }
}
