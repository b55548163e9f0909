import type { Duplex } from 'node:stream'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** A connection that ended in its TLS handshake, or right behind it for its certificate. */
export interface TlsFailure {
  readonly address: string
  /** Node's or OpenSSL's, such as ECONNRESET or ERR_SSL_UNSUPPORTED_PROTOCOL. */
  readonly code: string
}

/** A port for MQTT over TLS, made by whoever has the certificates. */
export interface TlsDoor {
  /** Hands over each connection that has come through its handshake. Rejects with node's error. */
  listen(on: {
    readonly connection: (socket: Duplex) => void
    readonly failed: (failure: TlsFailure) => void
    readonly error: (error: Error) => void
  }): Promise<BrokerAddress>
  /** Takes no new connections and cuts those in their handshake. */
  close(): void
}

/** What an embedded broker is told. */
export interface BrokerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Connections in all, on whatever door; one more is closed before a byte of it is read. */
  readonly maxConnections: number
  /** And from one address; of IPv6 addresses one network of 64 bits counts as one. */
  readonly maxConnectionsPerAddress: number
  /**
   * CONNECTs a second, less while the event loop is busy; what comes faster is answered later, in the order in which it
   * came. 0: no bound.
   */
  readonly connectRate: number
  /** CONNECTs that may wait for their turn; one more is closed. */
  readonly maxWaitingConnects: number
  /** A connection that sends no CONNECT for this long is closed. */
  readonly connectTimeoutMs: number
  /** Messages a second that a client may publish, with a burst of ten seconds; it is read no faster. 0: no bound. */
  readonly publishRate: number
  /** The most a topic, or a filter, may hold in UTF-8; a longer one ends its connection. */
  readonly maxTopicBytes: number
  /** And its levels, 100 at most. */
  readonly maxTopicLevels: number
  /** Of one client; one more is answered with 128. */
  readonly maxSubscriptions: number
  /** Messages of one client that are read and not acked; it is read no further. */
  readonly maxInflight: number
  /** Who wants a longer keepalive, or none, is held to this one, in seconds. */
  readonly maxKeepaliveS: number
  /** Retained messages; one more is sent on and not kept. */
  readonly maxRetained: number
  /** What retained messages may take together in the store, the same. */
  readonly maxRetainedBytes: number
  /** Sessions kept; beyond it those whose client is away longest are removed. */
  readonly maxSessions: number
  /** Of one user; a device has one only, and those without a name are bounded together by `maxSessions`. */
  readonly maxSessionsPerOwner: number
  /** A session whose client is away for this long is removed. */
  readonly sessionExpiryMs: number
  /** Messages queued for one session; one more is not queued. */
  readonly maxOfflineMessages: number
  /** What is queued for all sessions together; one may hold as much as is left, the same (queue-ledger.ts). */
  readonly maxOfflineBytes: number
  /** A subscriber with so much unsent is sent no QoS 0; with four times as much it is closed. */
  readonly maxUnsentBytes: number
  /** A subscriber that has something unsent all this time is closed. */
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
  /** What is here of packets over 64 KiB that are being received, together; the same for WebSocket messages. */
  readonly maxLargeBytes: number
  /** MQTT over TLS beside the plain port; undefined: none. */
  readonly tls?: TlsDoor | undefined
}

export const BROKER_DEFAULTS: BrokerOptions = {
  host: '127.0.0.1',
  port: 1883,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1_000,
  connectRate: 200,
  maxWaitingConnects: 5_000,
  connectTimeoutMs: 10_000,
  publishRate: 1_000,
  maxTopicBytes: 512,
  maxTopicLevels: 16,
  maxSubscriptions: 100,
  maxInflight: 1_000,
  maxKeepaliveS: 3_600,
  maxRetained: 100_000,
  maxRetainedBytes: 64 * 1024 * 1024,
  maxSessions: 20_000,
  maxSessionsPerOwner: 50,
  sessionExpiryMs: 7 * 24 * 60 * 60 * 1_000,
  maxOfflineMessages: 1_000,
  maxOfflineBytes: 256 * 1024 * 1024,
  maxUnsentBytes: 1024 * 1024,
  drainTimeoutMs: 60_000,
  concurrency: 100,
  busyMessages: 16_384,
  mostMessages: 65_536,
  maxFrameBytes: 21 * 1024 * 1024,
  maxPacketBytes: 21 * 1024 * 1024,
  maxLargeBytes: 256 * 1024 * 1024,
}

/** The bounds of which `limit:hit` tells, by the name of their option. */
export type LimitName = Exclude<
  keyof BrokerOptions,
  'host' | 'port' | 'tls' | 'concurrency' | 'busyMessages' | 'mostMessages' | 'drainTimeoutMs'
>
