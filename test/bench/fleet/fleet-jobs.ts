/** What the orchestrator asks of a load generator, and what it answers. Plain data: it crosses a process. */
import type { Address } from '../jobs.ts'
import type { Failures, LatencySummary } from './latency.ts'
import type { GeneratorHealth } from './load/health.ts'

export interface Timed {
  readonly address: Address
  /** What is due in these first seconds is sent, but not measured. */
  readonly warmupSeconds: number
  readonly seconds: number
}

/** Boards with the sensor sketch: register once, poll every 150 ms, ingest every second; a connection each. */
export interface BoardsJob extends Timed {
  readonly kind: 'boards'
  readonly boards: number
}

/** Cameras with the cam sketch on connections kept open. */
export interface CamerasJob extends Timed {
  readonly kind: 'cameras'
  readonly cameras: number
  readonly framesPerSecond: number
  readonly jpegFile: string
  /** Whether a WebSocket client also fetches every announced frame at once. */
  readonly fetchFrames: boolean
}

/** Sockets that only read; held until they are released. */
export interface ViewersJob {
  readonly kind: 'viewers'
  readonly address: Address
  readonly viewers: number
}

export type FleetJob = BoardsJob | CamerasJob | ViewersJob

export interface DueResult {
  /** Latency in ms from when a request was due until its whole answer was there, by kind of request. */
  readonly latencyMs: { readonly [kind: string]: LatencySummary }
  readonly failures: Failures
  /** Measured requests that had no answer a while after the end: their latency is how long they waited. */
  readonly unanswered: number
  /** Requests that were answered 200, the warm-up included. */
  readonly succeeded: number
  /** How late the generator itself sent to a member that was free, 99th percentile. */
  readonly sentLateP99Ms: number
  readonly generator: GeneratorHealth
}

export interface FetchResult {
  readonly announced: number
  /** Answered 200 with exactly the bytes the camera sent. */
  readonly readable: number
  readonly misses: Failures
  /** From the announcement to the last byte. */
  readonly fetchMs: LatencySummary | undefined
}

export interface CamerasResult extends DueResult {
  readonly fetched: FetchResult | undefined
}

export interface ViewersResult {
  readonly connected: number
  /** Sockets that ended before they were released. */
  readonly lost: number
  /** `new_frame` events: of the viewer with the fewest, in the middle, with the most, and of all together. */
  readonly frames: {
    readonly min: number
    readonly median: number
    readonly max: number
    readonly total: number
  }
  readonly otherEvents: number
  /** From the event's own timestamp to its receipt, by the same clock. */
  readonly delayMs: LatencySummary | undefined
  readonly generator: GeneratorHealth
}

export interface FleetResultOf {
  readonly boards: DueResult
  readonly cameras: CamerasResult
  readonly viewers: ViewersResult
}

export type FleetResult = FleetResultOf[keyof FleetResultOf]

export type ToFleet = { readonly run: FleetJob } | { readonly release: true }
export type FromFleet =
  | { readonly ready: true }
  /** The viewers are connected and stay so until `release`. */
  | { readonly holding: true }
  | { readonly result: FleetResult }
  | { readonly failed: string }
