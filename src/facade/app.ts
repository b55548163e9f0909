import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type {
  BalanceService,
  BridgeEmitter,
  BuzzerService,
  Clock,
  DeviceId,
  DeviceService,
  FrameService,
  HealthReport,
  NodeBus,
  RangeReader,
  ReadingExport,
  ReadingService,
} from '../../bridge/index.ts'
import type { RecognitionService } from '../recognition/index.ts'
import type { RecordingService } from '../recordings/index.ts'
import type { SystemFigures } from './contract/overview.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import type { BodyBudget } from './http/body-budget.ts'
import type { Guard } from './http/guard.ts'
import type { HttpsGiven } from './http/https-door.ts'
import type { Visits } from './visits.ts'

/** What route files register on: fastify, typed by the schemas of contract.ts. */
export type FacadeApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

export interface FacadeLog {
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** What `/api/v1/system/performance` tells beside what the process knows of itself. */
export interface SystemLoad {
  readonly spool: { readonly bytes: number; readonly maxBytes: number; readonly waitingRows: number }
  readonly pendingBytes: number
  readonly mqttConnections: number
  readonly caches: Readonly<
    Record<string, { readonly hits: number; readonly misses: number; readonly size: number }>
  >
}

/** A dead letter without its payload. */
export interface DeviceLetter {
  readonly id: number
  /** Epoch ms. */
  readonly receivedAt: number
  readonly topic: string
  readonly reason: string
  readonly detail: string
}

export type DeviceLetters = (deviceId: DeviceId, limit: number) => Promise<readonly DeviceLetter[]>

export interface FacadeDeps {
  readonly readings: ReadingService
  readonly ranges: RangeReader
  /** Undefined: nothing is stored, and `ranges` knows what memory holds. */
  readonly exports: ReadingExport | undefined
  readonly devices: DeviceService
  readonly buzzer: BuzzerService
  readonly frames: FrameService
  readonly recordings: RecordingService
  readonly recognition: RecognitionService
  readonly balance: BalanceService
  readonly doorkeeper: Doorkeeper
  /** What WebSocket clients are told of. */
  readonly events: BridgeEmitter
  /** The other nodes, whose events they are told of as well; undefined: none. */
  readonly bus?: NodeBus | undefined
  /** The newest dead letters of a device. Throws STORE_UNAVAILABLE; undefined: no database is used. */
  readonly letters?: DeviceLetters | undefined
  readonly load: () => SystemLoad
  /** Never rejects. */
  readonly figures: () => Promise<SystemFigures>
  readonly health: () => HealthReport | Promise<HealthReport>
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly clock: Clock
  readonly log?: FacadeLog
  /** HTTPS beside HTTP; undefined: none. */
  readonly https?: HttpsGiven | undefined
  /** What wrong logins are slowed by. Default: a timer. */
  readonly wait?: (ms: number) => Promise<unknown>
}

/** What routes are given: all of that, and what the facade knows of itself. */
export interface RouteDeps extends FacadeDeps {
  /** WebSocket clients of the event feed that are connected now. */
  readonly sockets: () => number
  /** What the bodies of requests may take of memory together. */
  readonly bodies: BodyBudget
  readonly guard: Guard
  readonly visits: Visits
}

export interface FacadeOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Unexpected errors carry their message as `details` in `development` only. */
  readonly nodeEnv: 'development' | 'production' | 'test'
  /** Secret. Whoever sends it is an admin; set, nobody is anonymous under `/api/v1`. */
  readonly apiKey: string | undefined
  /** The routes of boards stay open for sketches that send no credentials. */
  readonly legacyOpen: boolean
  /** Requests a minute and device id, else address. */
  readonly rateLimitMax: number
  /** Origins of pages that may open the sockets of `onUpgrade`, in lower case; `*` is any. Those of this host always may. */
  readonly allowedOrigins?: readonly string[]
  /**
   * This machine alone is let in, without credentials: it is known by its address or as `localhost`, and what comes
   * through a proxy is not of it.
   */
  readonly isLocal?: boolean
  /** A face service is set: frames are announced with their recognition pending. */
  readonly recognizes?: boolean
  /** Where the built page is; undefined, or a folder without it: none is served. */
  readonly pageFolder?: string
  /** Shown by `/health` as `backendVersion`. */
  readonly version?: string
  /** Bound of a request body, unpacked. The contract says 50 MiB. */
  readonly maxBodyBytes?: number
  /** Bound of all request bodies in memory at a time. Default 256 MiB. */
  readonly maxBodiesBytes?: number
  /** An export whose reader takes nothing for this long is cut off. Default a minute. */
  readonly exportStallMs?: number
  /** How long `stop` waits for requests in flight. */
  readonly stopTimeoutMs?: number
}
