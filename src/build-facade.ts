/** The HTTP side over a bridge, with what it tells of the program: metrics, health, load. */
import { join } from 'node:path'
import { type BridgeEmitter, createMemoryRange } from '../bridge/index.ts'
import { NO_EXTERNAL_STATS } from '../mosquitto-compat/index.ts'
import type { AckLatency } from './ack-latency.ts'
import type { Addresses } from './addresses.ts'
import type { AccessParts } from './build-access.ts'
import type { BridgeParts } from './build-bridge.ts'
import { type TlsNumbers, type TlsParts, watchTls } from './build-tls.ts'
import type { Config } from './config.ts'
import type { Database } from './database.ts'
import { createDiskSpace } from './disk-space.ts'
import { createFacade, type Facade, type FacadeDeps, type SystemLoad } from './facade/index.ts'
import { createForecast } from './forecast.ts'
import { reportHealth } from './health.ts'
import type { LimitedLog } from './logging.ts'
import type { MessageBroker } from './message-broker.ts'
import { createMetrics, type Gauges } from './metrics/index.ts'
import { admitsThisMachineOnly } from './start-check.ts'
import { systemFigures } from './system-figures.ts'
import type { Throughput } from './throughput.ts'

export interface FacadeParts extends BridgeParts {
  readonly version: string
  readonly config: Config
  readonly limited: LimitedLog
  readonly database: Database | undefined
  readonly broker: MessageBroker
  readonly events: BridgeEmitter
  readonly acks: AckLatency
  readonly throughput: Throughput
  /** Undefined: no HTTPS. */
  readonly tls: TlsParts | undefined
  readonly access: AccessParts
  /** Where it listens; undefined while it does not. */
  readonly addresses: () => Addresses | undefined
}

const MAX_RECENT = 500
/** Where `npm run build` leaves the page: `dist/dashboard`. The sources are in no such folder. */
const PAGE_FOLDER = join(import.meta.dirname, '..', 'dashboard')

const clock = (): number => Date.now()
const monotonic = (): number => performance.now()

/** Without a cluster there is nobody to tell. */
const ALONE = { nodes: 0, filters: 0, sent: 0, packets: 0, failed: 0 } as const

const gaugesOf = (
  { access, bridge, broker, config, database, recognition, recordings }: FacadeParts,
  facade: () => Pick<Facade, 'connections' | 'sockets' | 'bodies' | 'denied'>,
  { tls, untilFull }: { readonly tls: () => TlsNumbers; readonly untilFull: () => number },
): Gauges => ({
  balance: bridge.balance.total,
  missing: () => bridge.stats().missing,
  spoolBytes: () => bridge.stats().spoolBytes,
  spoolMaxBytes: config.spool.maxBytes,
  spoolSecondsUntilFull: untilFull,
  oldestSpooledMs: () => bridge.stats().oldestSpooledMs,
  waitingRows: () => bridge.stats().waitingRows,
  pendingBytes: () => bridge.stats().pendingBytes,
  connections: () => broker.connections,
  caches: () => bridge.stats().caches,
  boards: () => bridge.stats().boards,
  httpConnections: () => facade().connections,
  sockets: () => ({ ...facade().sockets.stats(), connected: facade().sockets.count }),
  bodies: () => facade().bodies,
  denied: () => facade().denied(),
  logins: access.stats,
  external: () => broker.external?.stats() ?? NO_EXTERNAL_STATS,
  replicaReads: () => database?.replica?.reads(),
  storage: () => database?.storageNumbers(),
  recognition: recognition.stats,
  recordings: recordings.stats,
  cluster: () => broker.cluster?.stats() ?? ALONE,
  tls,
})

const loadOf = ({ bridge, broker, config }: FacadeParts): SystemLoad => {
  const { spoolBytes: bytes, waitingRows, pendingBytes, caches } = bridge.stats()
  const spool = { bytes, maxBytes: config.spool.maxBytes, waitingRows }
  return { spool, pendingBytes, mqttConnections: broker.connections, caches }
}

const forecastOf = ({ bridge, config }: FacadeParts) => {
  const used = (): number => bridge.stats().spoolBytes
  return createForecast({ used, max: config.spool.maxBytes, monotonic })
}

const figuresOf = (
  { bridge, broker, config, database, throughput }: FacadeParts,
  facade: () => Pick<Facade, 'connections'>,
  untilFull: () => number,
): FacadeDeps['figures'] => {
  const disk = createDiskSpace({ folder: config.dataDir, monotonic })
  const connections = () => ({ mqtt: broker.connections, http: facade().connections })
  const spool = { spoolMaxBytes: config.spool.maxBytes, secondsUntilFull: untilFull }
  const stored = { storage: database?.storage, rollups: database?.rollups }
  return () => systemFigures({ stats: bridge.stats, throughput, connections, disk, ...spool, ...stored })
}

/** It listens to nothing before it is started. */
export const buildFacade = (parts: FacadeParts): Facade => {
  const { version, config, limited, database, broker, events, acks, bridge, redis, access } = parts
  const { devices, buzzer, frames, balance } = bridge
  const readings = acks.readings(bridge.readings)
  const { recordings, recognition } = parts
  const health = () =>
    reportHealth({
      stats: bridge.stats,
      spoolMaxBytes: config.spool.maxBytes,
      connections: () => broker.connections,
      listening: parts.addresses,
      external: broker.external?.health,
      database: database?.health,
      replica: database?.replica?.health,
      redis: redis && (() => redis.available && bridge.stats().latestAvailable),
    })
  const untilFull = forecastOf(parts)
  const tls = watchTls(parts.tls, limited, clock)
  const metrics = createMetrics(
    { bridge: events, broker: broker.events, acks: acks.events },
    gaugesOf(parts, () => facade, { tls: tls.numbers, untilFull }),
  )
  const load = () => loadOf(parts)
  const write = (level: 'error' | 'warn') => (fields: object, msg: string) =>
    limited.write({ key: msg, level, msg, fields: { ...fields } })
  const log = { error: write('error'), warn: write('warn') }
  const bus = broker.cluster?.bus
  // Without a database memory holds up to 100 readings of a device, and no more is known.
  const ranges = database?.ranges ?? createMemoryRange((deviceId) => readings.recent(deviceId, MAX_RECENT))
  const history = { ranges, exports: database?.exports }
  const services = {
    readings,
    ...history,
    devices,
    buzzer,
    frames,
    recordings,
    recognition,
    balance,
    events,
    bus,
  }
  const facade = createFacade(
    {
      ...services,
      doorkeeper: access.doorkeeper,
      letters: database?.letters,
      load,
      figures: figuresOf(parts, () => facade, untilFull),
      health,
      metrics: metrics.text,
      clock,
      log,
      https: tls.https,
    },
    {
      ...config.http,
      nodeEnv: config.nodeEnv,
      apiKey: config.apiKey,
      legacyOpen: config.legacyOpen,
      allowedOrigins: config.allowedOrigins,
      isLocal: admitsThisMachineOnly(config),
      rateLimitMax: config.rateLimitMax,
      recognizes: config.recognition.url !== undefined,
      version,
      pageFolder: PAGE_FOLDER,
    },
  )
  return facade
}
