/** The bridge with its stores, and what stands on its frames: built from the settings, not started. */
import { join } from 'node:path'
import {
  type Bridge,
  type BridgeEmitter,
  createBridge,
  createDiskAnnounced,
  createDiskFrames,
  createLevelSpool,
  createMemoryBuzzer,
  createMemoryDevices,
  createRedisConnection,
  createRedisLatest,
  type NodeBus,
  type Publisher,
  type SpoolStore,
} from '../bridge/index.ts'
import type { Config } from './config.ts'
import type { Database } from './database.ts'
import type { Log } from './logging.ts'
import { createRecognition, type RecognitionPart } from './recognition/index.ts'
import { createRecordings, type Recordings } from './recordings/index.ts'

export interface BridgeParts {
  readonly bridge: Bridge
  /** Undefined: no REDIS_URL. */
  readonly redis: ReturnType<typeof createRedisConnection> | undefined
  readonly recordings: Recordings
  readonly recognition: RecognitionPart
}

/** What a test may put around an adapter, so that the program fails at the very step that the test is about. */
export interface Wrap {
  readonly spool?: (store: SpoolStore) => SpoolStore
}

export interface BridgePartsDeps {
  readonly version: string
  readonly config: Config
  readonly log: Log
  /** Undefined: USEDB=false. */
  readonly database: Database | undefined
  readonly publisher: Publisher
  /** Undefined: there are no other nodes. */
  readonly bus: NodeBus | undefined
  readonly events: BridgeEmitter
  readonly wrap: Wrap
}

const clock = (): number => Date.now()
const monotonic = (): number => performance.now()
/** Of the time to shut down, this share may go on draining; the rest is for closing … */
const DRAIN_SHARE = 0.5
/** … which takes up to this long with a Postgres that hangs, and is to be done in the share that app.ts leaves to it. */
const CLOSING_MS = 4_000
const INNER_SHARE = 0.8

const drainOnStopMs = (shutdownTimeoutMs: number): number =>
  Math.max(0, Math.min(shutdownTimeoutMs * DRAIN_SHARE, shutdownTimeoutMs * INNER_SHARE - CLOSING_MS))
/** Frames shown to the face service at the same time. */
const MAX_LOOKS = 4

/** Nothing runs before each of them is started. */
export const buildBridge = (deps: BridgePartsDeps): BridgeParts => {
  const { version, config, log, database, publisher, bus, events, wrap } = deps
  const { dataDir, batch } = config
  const onDamage = (detail: string) => events.emit('spool:damaged', { lostRows: 0, detail })
  const redis = config.redisUrl === undefined ? undefined : createRedisConnection(config.redisUrl)
  const spool = createLevelSpool({ clock }, { folder: join(dataDir, 'spool'), onDamage })
  const bridge = createBridge(
    {
      spool: wrap.spool?.(spool) ?? spool,
      sink: database?.sink,
      history: database?.history,
      devices: database?.devices ?? createMemoryDevices(),
      buzzer: database?.buzzer ?? createMemoryBuzzer(),
      frames: createDiskFrames({ folder: join(dataDir, 'frames') }),
      latest: redis && createRedisLatest(redis.client),
      announced: createDiskAnnounced(join(dataDir, 'home-assistant.jsonl')),
      publisher,
      bus,
      events,
      clock,
      monotonic,
      random: Math.random,
    },
    {
      bounds: { maxSpoolBytes: config.spool.maxBytes, maxMemoryBytes: config.spool.maxMemoryBytes },
      readingsIntervalMs: batch.readingsMs,
      devicesIntervalMs: batch.devicesMs,
      buzzerIntervalMs: batch.buzzerMs,
      frames: config.frames,
      cache: config.cache,
      homeAssistant: config.homeAssistant.announces
        ? { prefix: config.homeAssistant.prefix, version }
        : undefined,
      drainOnStopMs: drainOnStopMs(config.shutdownTimeoutMs),
    },
  )
  const recordings = createRecordings(
    { frames: bridge.frames, clock, log },
    { folder: join(dataDir, 'recordings') },
  )
  const recognition = createRecognition(
    { onError: (error) => log.error({ err: error }, 'a listener of face recognition failed') },
    { ...config.recognition, maxInFlight: MAX_LOOKS },
  )
  return { bridge, redis, recordings, recognition }
}
