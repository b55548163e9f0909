/**
 * Bridge, broker and facade, put together on stores that run. Parts start in the order of the list and stop in
 * reverse: first no more connections, then the spool is drained, then the stores close.
 */
import { join } from 'node:path'
import {
  BridgeError,
  createBridge,
  createBridgeEmitter,
  createLevelSpool,
  createMemoryDevices,
  createRedisConnection,
  createRedisLatest,
} from '../bridge/index.ts'
import type { BrokerAddress, EmbeddedBroker } from '../broker/index.ts'
import type { Config } from './config.ts'
import type { Database } from './database.ts'
import { createFacade } from './facade/index.ts'
import { createForecast } from './forecast.ts'
import { reportHealth } from './health.ts'
import { createLifecycle } from './lifecycle.ts'
import type { Log, limitRate } from './logging.ts'
import { createMetrics } from './metrics.ts'
import { reportEvents } from './report.ts'

export interface Addresses {
  /** Such as `http://127.0.0.1:3000`; MQTT over WebSocket is on its path `/mqtt`. */
  readonly http: string
  /** Such as `mqtt://127.0.0.1:1883`. */
  readonly mqtt: string
}

const clock = (): number => Date.now()
const monotonic = (): number => performance.now()
/** Of the time to shut down, this share may go on draining; the rest is for closing. */
const DRAIN_SHARE = 0.5

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const listenError = (cause: unknown, { host, port }: BrokerAddress): BridgeError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  const remedy =
    code === 'EADDRINUSE'
      ? 'is in use: stop the other program (a Mosquitto?) or set MQTT_PORT'
      : code === 'EACCES'
        ? 'may not be bound by this user: set MQTT_PORT to 1024 or above'
        : `cannot be bound (${code}): set HOST or MQTT_PORT`
  return new BridgeError('LISTEN_FAILED', `MQTT port ${port} on ${host} ${remedy}`, { cause })
}

interface Assembly {
  readonly version: string
  readonly config: Config
  readonly log: Log
  readonly limited: ReturnType<typeof limitRate>
  readonly database: Database | undefined
  readonly broker: EmbeddedBroker
}

/** The parts of a program; nothing runs before `lifecycle.start()`. */
export const assemble = ({ version, config, log, limited, database, broker }: Assembly) => {
  const events = createBridgeEmitter()
  const onDamage = (detail: string) => events.emit('spool:damaged', { lostRows: 0, detail })
  const redis = config.redisUrl === undefined ? undefined : createRedisConnection(config.redisUrl)
  let mqtt: BrokerAddress | undefined
  let http: BrokerAddress | undefined

  const bridge = createBridge(
    {
      spool: createLevelSpool({ clock }, { folder: join(config.dataDir, 'spool'), onDamage }),
      sink: database?.sink,
      history: database?.history,
      devices: database?.devices ?? createMemoryDevices(),
      latest: redis && createRedisLatest(redis.client),
      publisher: broker,
      events,
      clock,
      monotonic,
      random: Math.random,
    },
    {
      bounds: { maxSpoolBytes: config.spool.maxBytes, maxMemoryBytes: config.spool.maxMemoryBytes },
      readingsIntervalMs: config.batch.readingsMs,
      devicesIntervalMs: config.batch.devicesMs,
      cache: config.cache,
      drainOnStopMs: config.shutdownTimeoutMs * DRAIN_SHARE,
    },
  )
  const addresses = (): Addresses | undefined =>
    mqtt &&
    http && {
      http: `http://${bracketed(http.host)}:${http.port}`,
      mqtt: `mqtt://${bracketed(mqtt.host)}:${mqtt.port}`,
    }
  const metrics = createMetrics(
    { bridge: events, broker: broker.events },
    {
      spoolBytes: () => bridge.stats().spoolBytes,
      spoolMaxBytes: config.spool.maxBytes,
      spoolSecondsUntilFull: createForecast({
        used: () => bridge.stats().spoolBytes,
        max: config.spool.maxBytes,
        monotonic,
      }),
      waitingRows: () => bridge.stats().waitingRows,
      pendingBytes: () => bridge.stats().pendingBytes,
      connections: () => broker.connections,
      caches: () => bridge.stats().caches,
    },
  )
  const health = () =>
    reportHealth({
      stats: bridge.stats,
      spoolMaxBytes: config.spool.maxBytes,
      connections: () => broker.connections,
      listening: addresses,
      database: database?.health,
      redis: redis && (() => redis.available && bridge.stats().latestAvailable),
    })
  const facade = createFacade(
    { readings: bridge.readings, devices: bridge.devices, health, metrics: metrics.text, clock, log },
    { ...config.http, nodeEnv: config.nodeEnv, apiKey: config.apiKey, version },
  )
  facade.onUpgrade('/mqtt', broker.upgrade)
  broker.events.on('client:connected', ({ clientId }) => bridge.clientConnected(clientId))
  broker.events.on('client:disconnected', ({ clientId }) => bridge.clientGone(clientId))
  reportEvents({ log, limited, bridge: events, broker: broker.events })

  const listen = async (): Promise<void> => {
    try {
      mqtt = await broker.start(bridge.intake)
    } catch (error) {
      throw listenError(error, config.mqtt)
    }
  }

  const lifecycle = createLifecycle([
    { name: 'Redis', start: async () => redis?.start(), stop: async () => redis?.close() },
    { name: 'database', start: async () => database?.start(), stop: async () => database?.stop() },
    { name: 'bridge', start: bridge.start, stop: bridge.stop },
    {
      name: 'HTTP',
      start: async () => {
        http = await facade.start()
      },
      stop: facade.stop,
    },
    { name: 'MQTT', start: listen, stop: broker.stop },
    { name: 'intake', stop: bridge.quiesce },
  ])
  return { lifecycle, addresses }
}
