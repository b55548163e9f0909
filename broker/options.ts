/** What an embedded broker is told. */
export interface BrokerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** A connection that sends no CONNECT for this long is closed. */
  readonly connectTimeoutMs: number
  /** A subscriber that takes nothing for this long is closed, so that it cannot grow memory. */
  readonly drainTimeoutMs: number
  /** How many deliveries may be under way at once; more wait in a queue. */
  readonly concurrency: number
  /** From this many messages on that are read and not acked yet, connections are read in small pieces. */
  readonly busyMessages: number
  /** With this many, nothing more is read until some are acked. Each takes about 1.5 KiB. */
  readonly mostMessages: number
  /** The most one WebSocket frame may hold: a camera frame and its topic. */
  readonly maxFrameBytes: number
  /** The most one packet may hold, the same. */
  readonly maxPacketBytes: number
  /** What packets over 64 KiB may take together while they are being received. */
  readonly maxLargeBytes: number
}

export const BROKER_DEFAULTS: BrokerOptions = {
  host: '127.0.0.1',
  port: 1883,
  connectTimeoutMs: 30_000,
  drainTimeoutMs: 60_000,
  concurrency: 100,
  busyMessages: 16_384,
  mostMessages: 65_536,
  maxFrameBytes: 21 * 1024 * 1024,
  maxPacketBytes: 21 * 1024 * 1024,
  maxLargeBytes: 256 * 1024 * 1024,
}
