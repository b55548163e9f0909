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
  /** MQTT over TLS beside the plain port; undefined: none. */
  readonly tls?: TlsDoor | undefined
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
