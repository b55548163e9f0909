/** The settings of the whole program; `loadConfig` makes it from the environment. */
export interface Config {
  readonly nodeEnv: 'development' | 'production' | 'test'
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Absolute path. */
  readonly dataDir: string
  readonly http: { readonly host: string; readonly port: number }
  readonly mqtt: { readonly host: string; readonly port: number }
  /** MQTT over TLS and HTTPS, on the same host; undefined: neither. Paths are absolute. */
  readonly tls:
    | {
        readonly certPath: string
        readonly keyPath: string
        /** The CAs whose client certificates are accepted; undefined: none is asked for. */
        readonly caPath: string | undefined
        readonly mqttPort: number
        readonly httpsPort: number
      }
    | undefined
  /** Undefined: the embedded broker. */
  readonly broker:
    | {
        /** Secret: may hold a password. */
        readonly url: string
        /** MQTT 3.1.1 is 4 on the wire. */
        readonly protocol: 4 | 5
        /** The CAs that its certificate is checked against; undefined: those of the system. Absolute. */
        readonly caPath: string | undefined
        /** Undefined: one that is kept in `dataDir`. */
        readonly clientId: string | undefined
      }
    | undefined
  /** Secret: may hold a password. Undefined: the embedded Postgres, unless `useDb` is false. */
  readonly databaseUrl: string | undefined
  /** Secret. A replica of `databaseUrl` for history; undefined: none. */
  readonly databaseReadUrl: string | undefined
  /** Secret. Undefined: latest values and caches in memory only. */
  readonly redisUrl: string | undefined
  readonly useDb: boolean
  /** This is one of several nodes that share Redis and Postgres. */
  readonly cluster: boolean
  readonly allowAnonymous: boolean
  /** Origins of pages that may connect to `/mqtt`, in lower case, besides those of the same host; `*` is any. */
  readonly allowedOrigins: readonly string[]
  /** Secret. */
  readonly apiKey: string | undefined
  /** Boards that send no credentials may still register, report, poll and post frames over HTTP. */
  readonly legacyOpen: boolean
  readonly spool: { readonly maxBytes: number; readonly maxMemoryBytes: number }
  /** Days that readings, their minutes and their hours are kept; 0: for ever. */
  readonly retention: { readonly days: number; readonly minuteDays: number; readonly hourDays: number }
  readonly batch: { readonly devicesMs: number; readonly readingsMs: number; readonly buzzerMs: number }
  readonly cache: {
    readonly devices: { readonly max: number; readonly ttlMs: number }
    readonly readings: { readonly max: number; readonly ttlMs: number }
    readonly queries: { readonly max: number; readonly ttlMs: number }
    readonly sweepMs: number
  }
  /** Requests a minute and device. */
  readonly rateLimitMax: number
  readonly frames: { readonly keepMs: number; readonly maxBytes: number }
  readonly recognition: { readonly url: string | undefined; readonly timeoutMs: number }
  /** Whether devices are announced to Home Assistant, and under which prefix. */
  readonly homeAssistant: { readonly announces: boolean; readonly prefix: string }
  readonly limits: Limits
  readonly shutdownTimeoutMs: number
}

/** Bounds of what MQTT clients may ask for. */
export interface Limits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** CONNECTs a second; more are delayed. */
  readonly connectRate: number
  readonly connectTimeoutMs: number
  /** Messages a second of one client, with bursts of ten seconds; 0: no bound. */
  readonly publishRate: number
  readonly maxPacketBytes: number
  readonly maxTopicBytes: number
  readonly maxTopicLevels: number
  /** Of one client. */
  readonly maxSubscriptions: number
  /** Messages of one client that are read and not acked. */
  readonly maxInflight: number
  readonly maxKeepaliveS: number
  readonly maxRetained: number
  readonly maxRetainedBytes: number
  readonly maxSessions: number
  readonly sessionExpiryMs: number
  /** Of one session. */
  readonly maxOfflineMessages: number
  /** Of all sessions together. */
  readonly maxOfflineBytes: number
}
