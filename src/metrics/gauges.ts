/** Values of this moment, and counts that others keep: read when they are asked for. */
import type { Registry } from 'prom-client'
import type { BoardStats, CheckedBalance } from '../../bridge/index.ts'
import type { ExternalStats } from '../../mosquitto-compat/index.ts'
import type { DenialCounts, SocketStats } from '../facade/index.ts'
import type { RecognitionStats } from '../recognition/index.ts'
import type { RecordingsStats } from '../recordings/index.ts'
import { type ClusterCounts, readCluster } from './cluster-gauges.ts'
import { readExternal } from './external-gauges.ts'
import { count, counts, gauge, gauges } from './instruments.ts'
import { readReplica } from './replica-gauges.ts'
import { readStorage, type StorageSource } from './storage-gauges.ts'

export interface Gauges {
  /** Everything the spool ever received, and where it is. */
  readonly balance: () => CheckedBalance
  /** Sequence numbers that never came, of all boots that are remembered. */
  readonly missing: () => number
  /** Bytes in the spool that Postgres does not have yet. */
  readonly spoolBytes: () => number
  readonly spoolMaxBytes: number
  /** At the pace of the last minute; Infinity when the spool does not grow. */
  readonly spoolSecondsUntilFull: () => number
  /** How long the oldest row that waits for Postgres has waited, in milliseconds; 0 when none does. */
  readonly oldestSpooledMs: () => number
  /** Rows known to wait for Postgres. */
  readonly waitingRows: () => number
  /** Bytes held in memory before the spool. */
  readonly pendingBytes: () => number
  readonly connections: () => number
  readonly caches: () => Readonly<
    Record<string, { readonly hits: number; readonly misses: number; readonly size: number }>
  >
  readonly boards: () => BoardStats
  /** TCP connections of the HTTP and HTTPS ports, those of WebSockets among them. */
  readonly httpConnections: () => number
  /** Event sockets: connected now, and what was counted since the start. */
  readonly sockets: () => SocketStats & { readonly connected: number }
  /** Bodies of HTTP requests in memory now, and those refused for want of room since the start. */
  readonly bodies: () => { readonly heldBytes: number; readonly refused: number }
  /** HTTP requests and WebSockets turned away since the start, by reason. */
  readonly denied: () => DenialCounts
  /** Logins of MQTT and HTTP since the start, by what became of them; hashes computed. */
  readonly logins: () => LoginStats
  /** The way to an external broker; all 0 with the embedded one. */
  readonly external: () => ExternalStats
  /** Reads of history since the start, by who answered; undefined without a read replica. */
  readonly replicaReads: () => Readonly<Record<string, number>> | undefined
  /** Tables of readings and rollups; undefined without a database. */
  readonly storage: StorageSource
  readonly recognition: () => RecognitionStats
  readonly recordings: () => RecordingsStats
  readonly cluster: () => ClusterCounts
  /** Days until the certificate expires (Infinity without TLS), and failures counted since the start. */
  readonly tls: () => {
    readonly daysLeft: number
    readonly reloadFailures: number
    readonly httpFailures: number
  }
}

export interface LoginStats {
  readonly accepted: number
  readonly badCredentials: number
  readonly busy: number
  readonly unavailable: number
  readonly gone: number
  /** Secrets that were hashed, and logins that wait for it now. */
  readonly hashed: number
  readonly waiting: number
  /** Wrong ones over MQTT, by how they were answered; `unslowed`: at once, since too many waited. */
  readonly wrongMqtt: { readonly atOnce: number; readonly late: number; readonly unslowed: number }
}

/** Everything that is read and not told by an event. */
export const readGauges = (registry: Registry, from: Gauges): void => {
  readBalance(registry, from)
  readSpool(registry, from)
  readMemory(registry, from)
  readSockets(registry, from)
  readHttp(registry, from)
  readLogins(registry, from)
  readCameras(registry, from)
  readTls(registry, from)
  readExternal(registry, from.external)
  readReplica(registry, from.replicaReads)
  readStorage(registry, from.storage)
  readCluster(registry, from)
}

const placesOf = (sheet: CheckedBalance): Readonly<Record<string, number>> => ({
  received: sheet.received,
  stored: sheet.stored,
  spooled: sheet.spooled,
  in_flight: sheet.inFlight,
  deduplicated: sheet.deduplicated,
  dead_lettered: sheet.deadLettered,
  dropped: Object.values(sheet.dropped).reduce((sum, dropped) => sum + dropped, 0),
})

/** No series per device: their number would grow with the fleet. `GET /api/v1/system/balance` tells of one. */
const readBalance = (registry: Registry, { balance, missing }: Gauges): void => {
  const help = 'Readings ever received, and where they are; kept over restarts'
  gauges(registry, { name: 'balance', help, label: 'place' }, () => placesOf(balance()))
  gauge(
    registry,
    { name: 'balance_remainder', help: 'Received, less everything it became: not 0 is a loss untold' },
    () => balance().remainder,
  )
  gauge(
    registry,
    { name: 'sequence_missing', help: 'Sequence numbers of boards that never came, or not yet' },
    missing,
  )
}

const readSpool = (registry: Registry, from: Gauges): void => {
  gauge(
    registry,
    { name: 'spool_bytes', help: 'Bytes in the spool that Postgres does not have yet' },
    from.spoolBytes,
  )
  gauge(registry, { name: 'spool_max_bytes', help: 'The bound of the spool' }, () => from.spoolMaxBytes)
  gauge(
    registry,
    {
      name: 'spool_seconds_until_full',
      help: 'Seconds until the spool is full at the pace of the last minute',
    },
    from.spoolSecondsUntilFull,
  )
  gauge(
    registry,
    { name: 'spool_oldest_seconds', help: 'Age of the oldest row that waits for Postgres; 0 when none does' },
    () => from.oldestSpooledMs() / 1000,
  )
  gauge(registry, { name: 'spool_waiting_rows', help: 'Rows known to wait for Postgres' }, from.waitingRows)
  gauge(
    registry,
    { name: 'pending_bytes', help: 'Bytes in memory that are not in the spool yet' },
    from.pendingBytes,
  )
}

const readMemory = (registry: Registry, { caches, boards }: Gauges): void => {
  for (const field of ['hits', 'misses', 'size'] as const) {
    gauges(registry, { name: `cache_${field}`, help: `Cache ${field}`, label: 'cache' }, () =>
      Object.fromEntries(Object.entries(caches()).map(([cache, stats]) => [cache, stats[field]])),
    )
  }
  gauge(
    registry,
    { name: 'buzzer_pending', help: 'Buzzer requests that are pending' },
    () => boards().buzzerPending,
  )
  gauge(
    registry,
    { name: 'buzzer_unsaved', help: 'Buzzer requests whose history is not stored yet' },
    () => boards().buzzerUnsaved,
  )
}

const readHttp = (registry: Registry, { httpConnections, bodies, denied }: Gauges): void => {
  gauge(
    registry,
    { name: 'http_connections', help: 'TCP connections of the HTTP and HTTPS ports, WebSockets among them' },
    httpConnections,
  )
  gauge(
    registry,
    { name: 'http_body_bytes', help: 'Bytes of request bodies in memory' },
    () => bodies().heldBytes,
  )
  count(
    registry,
    { name: 'http_bodies_refused', help: 'Request bodies refused for want of room' },
    () => bodies().refused,
  )
  const help = 'HTTP requests and WebSockets turned away for who sent them'
  counts(registry, { name: 'http_denied', help, label: 'reason' }, denied)
}

const readLogins = (registry: Registry, { logins }: Gauges): void => {
  const help = 'Logins over MQTT and HTTP, by what became of them'
  counts(registry, { name: 'logins', help, label: 'result' }, () => {
    const { accepted, badCredentials, busy, unavailable, gone } = logins()
    return { accepted, wrong: badCredentials, busy, unavailable, gone }
  })
  const wrongHelp = 'Wrong MQTT logins, by when they were answered'
  counts(registry, { name: 'mqtt_wrong_logins', help: wrongHelp, label: 'answered' }, () => {
    const { atOnce, late, unslowed } = logins().wrongMqtt
    return { at_once: atOnce, late, unslowed }
  })
  count(registry, { name: 'secrets_hashed', help: 'Secrets that had to be hashed' }, () => logins().hashed)
  gauge(registry, { name: 'logins_waiting', help: 'Logins that wait for a hash' }, () => logins().waiting)
}

const readSockets = (registry: Registry, { connections, sockets }: Gauges): void => {
  gauge(registry, { name: 'mqtt_connections', help: 'MQTT clients connected' }, connections)
  gauge(
    registry,
    { name: 'websocket_connections', help: 'Event sockets connected' },
    () => sockets().connected,
  )
  const of = (name: string, help: string, field: keyof SocketStats): void =>
    void count(registry, { name: `websocket_${name}`, help }, () => sockets()[field])
  of('refused', 'Event sockets refused at their limit', 'refused')
  of('unauthorized', 'Event sockets refused for who asked', 'unauthorized')
  of('sent', 'Events sent, counted for each socket', 'sent')
  of('skipped', 'Events left out for sockets that were behind', 'skipped')
  of('closed_slow', 'Event sockets closed because they stayed behind', 'closedSlow')
  of('closed_dead', 'Event sockets dropped as dead', 'closedDead')
  of('closed_large', 'Event sockets cut off over too much of large messages on its way', 'closedLarge')
  of('errors', 'Event sockets that broke the protocol or the connection', 'errors')
}

const readCameras = (registry: Registry, { boards, recordings, recognition }: Gauges): void => {
  gauge(registry, { name: 'frames_files', help: 'Camera pictures on disk' }, () => boards().frames)
  gauge(
    registry,
    { name: 'frames_bytes', help: 'Bytes of camera pictures on disk' },
    () => boards().frameBytes,
  )
  count(registry, { name: 'recordings_made', help: 'Films made' }, () => recordings().made)
  count(
    registry,
    { name: 'recordings_failed', help: 'Films that could not be made' },
    () => recordings().failed,
  )
  const of = (name: 'asked' | 'skipped' | 'unanswered', help: string): void =>
    void count(registry, { name: `recognition_${name}`, help }, () => recognition()[name])
  of('asked', 'Pictures shown to the face service')
  of('skipped', 'Pictures not shown: the face service was busy')
  of('unanswered', 'Pictures without an answer of the face service')
}

const readTls = (registry: Registry, { tls }: Gauges): void => {
  gauge(
    registry,
    { name: 'tls_certificate_days_left', help: 'Days until the TLS certificate expires; +Inf without TLS' },
    () => tls().daysLeft,
  )
  const of = (name: string, help: string, field: 'reloadFailures' | 'httpFailures'): void =>
    void count(registry, { name, help }, () => tls()[field])
  of('tls_reload_failures', 'Changed TLS files that could not be used', 'reloadFailures')
  of('http_tls_failures', 'Connections to the HTTPS port that ended in their handshake', 'httpFailures')
}
