/** What the bridge is made of and what it offers: the types of bridge.ts. */
import type { SpoolBounds } from './core/bound.ts'
import type { AnnouncedStore } from './core/home-assistant.ts'
import type { BridgeEmitter } from './events.ts'
import type {
  BuzzerStore,
  Clock,
  DeviceStore,
  FrameStore,
  HistoryReader,
  Intake,
  LatestStore,
  Lifecycle,
  Publisher,
  ReadingSink,
  SpoolStore,
} from './ports.ts'
import type {
  BalanceService,
  BuzzerService,
  DeviceService,
  FrameService,
  NodeBus,
  ReadingService,
} from './services.ts'

export interface BridgeDeps {
  readonly spool: SpoolStore
  /** Absent: nothing is stored beyond the spool, whose oldest rows make room when it is full. */
  readonly sink?: ReadingSink | undefined
  readonly history?: HistoryReader | undefined
  readonly devices: DeviceStore
  readonly buzzer: BuzzerStore
  readonly frames: FrameStore
  readonly latest?: LatestStore | undefined
  /** What Home Assistant was told of. Absent: it never was, and is not. */
  readonly announced?: AnnouncedStore | undefined
  readonly publisher: Publisher
  /** Absent: there are no other nodes. */
  readonly bus?: NodeBus | undefined
  readonly events: BridgeEmitter
  readonly clock: Clock
  /** Milliseconds that never jump, for durations. */
  readonly monotonic: () => number
  readonly random: () => number
}

export interface CacheBounds {
  /** Entries. */
  readonly max: number
  readonly ttlMs: number
}

export interface BridgeOptions {
  readonly bounds: SpoolBounds
  readonly readingsIntervalMs: number
  readonly devicesIntervalMs: number
  readonly buzzerIntervalMs: number
  /** How long pictures are kept, and what all of them may take on disk. */
  readonly frames: { readonly keepMs: number; readonly maxBytes: number }
  readonly cache: {
    readonly devices: CacheBounds
    readonly readings: CacheBounds
    readonly queries: CacheBounds
    readonly sweepMs: number
  }
  /** Devices are announced to Home Assistant under this prefix, by this version of Sluice. Absent: they are not. */
  readonly homeAssistant?: { readonly prefix: string; readonly version: string } | undefined
  /** How long `stop` goes on storing what is spooled while Postgres takes it. */
  readonly drainOnStopMs: number
}

export interface CacheStats {
  readonly hits: number
  readonly misses: number
  readonly size: number
}

export interface BridgeStats {
  readonly spoolBytes: number
  readonly pendingBytes: number
  readonly waitingRows: number
  /** How long the oldest row known to wait for Postgres waits already; 0 without any. */
  readonly oldestSpooledMs: number
  /** Sequence numbers that never came between others that did. */
  readonly missing: number
  readonly full: boolean
  /** The spool's last write failed. */
  readonly failing: boolean
  readonly latestAvailable: boolean
  readonly caches: Readonly<Record<string, CacheStats>>
  readonly boards: BoardStats
}

/** What is held of boards beside their readings. */
export interface BoardStats {
  readonly buzzerPending: number
  /** Buzzer requests whose history is not stored yet. */
  readonly buzzerUnsaved: number
  /** Pictures on disk, and their bytes. */
  readonly frames: number
  readonly frameBytes: number
}

export interface Bridge extends Lifecycle {
  /**
   * Takes nothing more in (senders are refused and keep what they have), and resolves when what was taken in is
   * durable and acked: call it before connections are closed, so that no board has to send again what is stored.
   */
  quiesce(): Promise<void>
  readonly intake: Intake
  readonly readings: ReadingService
  readonly devices: DeviceService
  readonly buzzer: BuzzerService
  readonly frames: FrameService
  readonly balance: BalanceService
  /** An MQTT client connected, or its connection ended. */
  readonly clientConnected: (clientId: string) => void
  readonly clientGone: (clientId: string) => void
  /** It is connected to another node now. */
  readonly clientMoved: (clientId: string) => void
  /** An MQTT client listens to these topic filters now. */
  readonly subscribed: (filters: readonly string[]) => void
  stats(): BridgeStats
}
