/** What the orchestrator asks of the load generator, and what it answers. Plain data: it crosses a process. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Where boards connect: each in turn to the next. */
export interface Doors {
  readonly address: Address
  /** More of them, besides `address`. */
  readonly others?: readonly Address[] | undefined
}

interface Load extends Doors {
  readonly boards: number
  /** Distinct in every round, so that each (device, boot, seq) of a run is one reading. */
  readonly boot: string
}

/** Each board keeps `window` messages unacked until it has sent `messagesPerBoard`. */
export interface ClosedJob extends Load {
  readonly kind: 'closed'
  readonly window: number
  readonly messagesPerBoard: number
  /** Where one client more subscribes to `sensors/#` at QoS 0. */
  readonly listenAt?: Address | undefined
}

/** Messages are due at a fixed rate whether or not earlier ones were acked. */
export interface OpenJob extends Load {
  readonly kind: 'open'
  readonly messagesPerSecond: number
  readonly seconds: number
  /** Messages due in these first seconds are sent, but are not part of the figures. */
  readonly warmupSeconds: number
  /** It may be ended before its time, and gives each ack's time as well. */
  readonly untilReleased?: boolean
}

/** QoS 0 as fast as the sockets take it. */
export interface FloodJob extends Load {
  readonly kind: 'flood'
  readonly messagesPerBoard: number
}

/** Connects and subscribes boards that then do nothing until they are released. */
export interface IdleJob extends Doors {
  readonly kind: 'idle'
  readonly boards: number
  /** They ask for a session that is kept, and subscribe at QoS 1. */
  readonly keep?: boolean
}

/**
 * More than the broker can take. Boards with an even number publish at QoS 1, the others at QoS 0; each writes what
 * is due whatever became of what it wrote before, unless its socket takes no more. Every `deafEvery`-th board never
 * reads its acks. A board whose connection is closed comes back a second later.
 */
export interface OverloadJob extends Load {
  readonly kind: 'overload'
  readonly messagesPerSecond: number
  readonly seconds: number
  readonly deafEvery: number
}

export type Job = ClosedJob | OpenJob | FloodJob | IdleJob | OverloadJob

/** The `seq`s from `first` to `last` of one device were all acked. */
export interface AckedRange {
  readonly deviceId: string
  readonly first: number
  readonly last: number
}

/** Times are milliseconds of the monotonic clock that all processes of a machine share. */
interface Timing {
  readonly startedAt: number
  readonly endedAt: number
  /** The share of one core the generator used: near 1 means that it may have been the limit. */
  readonly generatorCpu: number
}

interface Acks {
  readonly acked: readonly AckedRange[]
  /** Acks of message ids that were not in flight: always 0 from a correct broker. */
  readonly strayAcks: number
}

export interface ClosedResult extends Timing, Acks {
  /** What the client that subscribed was sent, and when the last of it came. */
  readonly listener?: { readonly heard: number; readonly lastAt: number }
}
export type FloodResult = Timing & { readonly sent: number }

export interface OpenResult extends Timing, Acks {
  readonly unacked: number
  /** PUBACK latency in ms, from when the message was due. */
  readonly latencyMs: {
    readonly p50: number
    readonly p99: number
    readonly p999: number
    readonly max: number
  }
  /** How late, in ms, the generator itself sent: a part of the latency that is not the broker's. */
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** With `untilReleased`: when each message was due, and the milliseconds until its ack. */
  readonly samples?: readonly AckSample[]
}

export type AckSample = readonly [dueAt: number, latencyMs: number]

export interface OverloadResult extends Timing, Acks {
  readonly due: number
  /** Written to the sockets. */
  readonly sent: { readonly qos0: number; readonly qos1: number }
  /** Due while the socket took no more: TCP's back-pressure. */
  readonly keptBack: number
  /** Connections that the broker closed. */
  readonly closed: number
  /** From the write to the PUBACK, one in 16. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number }
}

export interface IdleResult {
  /** Boards that were still connected when they were released. */
  readonly connected: number
}

export interface ResultOf {
  readonly closed: ClosedResult
  readonly open: OpenResult
  readonly flood: FloodResult
  readonly idle: IdleResult
  readonly overload: OverloadResult
}

export type ToGenerator = { readonly run: Job } | { readonly release: true }
export type FromGenerator =
  | { readonly ready: true }
  /** The boards of an idle job are connected and stay so, those of an open one publish, until `release`. */
  | { readonly holding: true }
  | { readonly result: ResultOf[keyof ResultOf] }
  | { readonly failed: string }

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

export const deviceIdOf = (board: number): string => `bench-${String(board).padStart(5, '0')}`
