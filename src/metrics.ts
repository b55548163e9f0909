/**
 * The program's numbers, as Prometheus reads them on `GET /metrics`. Counters follow the events of the bridge
 * and the broker; gauges are read when they are asked for.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { BoardStats, BridgeEmitter } from '../bridge/index.ts'
import type { BrokerEmitter } from '../broker/index.ts'
import type { SocketStats } from './facade/index.ts'
import type { RecognitionStats } from './recognition/index.ts'
import type { RecordingsStats } from './recordings/index.ts'

export interface Gauges {
  /** Bytes in the spool that Postgres does not have yet. */
  readonly spoolBytes: () => number
  readonly spoolMaxBytes: number
  /** At the pace of the last minute; Infinity when the spool does not grow. */
  readonly spoolSecondsUntilFull: () => number
  /** Rows known to wait for Postgres. */
  readonly waitingRows: () => number
  /** Bytes held in memory before the spool. */
  readonly pendingBytes: () => number
  readonly connections: () => number
  readonly caches: () => Readonly<
    Record<string, { readonly hits: number; readonly misses: number; readonly size: number }>
  >
  readonly boards: () => BoardStats
  /** Event sockets: connected now, and what was counted since the start. */
  readonly sockets: () => SocketStats & { readonly connected: number }
  /** Bodies of HTTP requests in memory now, and those refused for want of room since the start. */
  readonly bodies: () => { readonly heldBytes: number; readonly refused: number }
  readonly recognition: () => RecognitionStats
  readonly recordings: () => RecordingsStats
}

export interface Metrics {
  /** Prometheus' text format. */
  text(): Promise<{ contentType: string; body: string }>
}

const MILLISECONDS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000]

/** Metrics of a registry of their own: two programs in one process do not mix. */
export const createMetrics = (
  deps: { readonly bridge: BridgeEmitter; readonly broker: BrokerEmitter },
  gauges: Gauges,
): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'sluice_' })
  countBridge(registry, deps.bridge)
  countBoards(registry, deps.bridge)
  countBroker(registry, deps.broker)
  readGauges(registry, gauges)
  readCounts(registry, gauges)
  return {
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}

const counter = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[] = [],
) =>
  new Counter<L>({ name: `sluice_${name}_total`, help, labelNames: [...labelNames], registers: [registry] })

const histogram = (registry: Registry, name: string, help: string): Histogram =>
  new Histogram({ name: `sluice_${name}_ms`, help, buckets: MILLISECONDS, registers: [registry] })

const countBridge = (registry: Registry, events: BridgeEmitter): void => {
  const taken = counter(registry, 'readings_taken', 'Readings made durable')
  const duplicates = counter(
    registry,
    'readings_deduplicated',
    'Readings known already by device, boot and seq',
  )
  const stored = counter(registry, 'rows_stored', 'Rows committed in Postgres', ['table'])
  const rejected = counter(registry, 'messages_rejected', 'Messages dead-lettered, by reason', ['reason'])
  const dropped = counter(registry, 'dropped', 'Readings or messages lost, by reason', ['reason'])
  const held = counter(
    registry,
    'messages_held',
    'Messages refused at the bound of the spool; their senders keep them',
  )
  const spoolFailures = counter(
    registry,
    'spool_write_failures',
    'Failed writes of the spool, each tried again',
  )
  const drainFailures = counter(registry, 'drain_failures', 'Failed batches, each tried again')
  const errors = counter(registry, 'errors', 'Unexpected errors, by place', ['where'])
  const fsync = histogram(registry, 'spool_commit', 'Write and fsync of one group')
  const copy = histogram(registry, 'copy', 'One COPY transaction')

  events.on('readings:taken', ({ count }) => taken.inc(count))
  events.on('readings:deduplicated', ({ count }) => duplicates.inc(count))
  events.on('drain:stored', ({ readings, deadLetters, ms }) => {
    stored.inc({ table: 'sensor_data' }, readings)
    stored.inc({ table: 'dead_letters' }, deadLetters)
    copy.observe(ms)
  })
  events.on('drain:refused', () => rejected.inc({ reason: 'refused-by-postgres' }))
  events.on('message:rejected', ({ reason }) => rejected.inc({ reason }))
  events.on('message:dropped', ({ reason, count }) => dropped.inc({ reason }, count))
  events.on('message:held', ({ count }) => held.inc(count))
  events.on('spool:committed', ({ fsyncMs }) => fsync.observe(fsyncMs))
  events.on('spool:failed', () => spoolFailures.inc())
  events.on('drain:failed', () => drainFailures.inc())
  events.on('bridge:error', ({ where }) => errors.inc({ where }))
}

const countBoards = (registry: Registry, events: BridgeEmitter): void => {
  const requested = counter(registry, 'buzzer_requests', 'Buzzer requests, joined ones not counted')
  const completed = counter(registry, 'buzzer_completed', 'Buzzer requests that a board completed')
  const history = counter(registry, 'buzzer_failures', 'Failed reads or writes of buzzer history')
  const forgotten = counter(registry, 'buzzer_dropped', 'Buzzer requests that are missing from the history')
  const frames = counter(registry, 'frames_stored', 'Camera pictures stored')
  const frameBytes = counter(registry, 'frames_stored_bytes', 'Bytes of camera pictures stored')
  const refused = counter(registry, 'frames_refused', 'Camera pictures not kept, by reason', ['reason'])
  const evicted = counter(registry, 'frames_evicted', 'Camera pictures removed before their time')
  const commands = counter(
    registry,
    'device_commands',
    'Commands to devices; sent="false": nobody knew the device',
    ['sent'],
  )
  const frameFailures = counter(registry, 'frames_failures', 'Failures of the frames folder')
  events.on('buzzer:requested', () => requested.inc())
  events.on('buzzer:completed', () => completed.inc())
  events.on('buzzer:failed', () => history.inc())
  events.on('buzzer:dropped', ({ count }) => forgotten.inc(count))
  events.on('frame:stored', ({ frame }) => {
    frames.inc()
    frameBytes.inc(frame.bytes)
  })
  events.on('frame:refused', ({ reason }) => refused.inc({ reason }))
  events.on('frames:evicted', ({ count }) => evicted.inc(count))
  events.on('frames:failed', () => frameFailures.inc())
  events.on('device:commanded', ({ sent }) => commands.inc({ sent: String(sent) }))
}

const countBroker = (registry: Registry, events: BrokerEmitter): void => {
  const connects = counter(registry, 'mqtt_connects', 'MQTT connections accepted')
  const disconnects = counter(registry, 'mqtt_disconnects', 'MQTT connections ended')
  const clientErrors = counter(registry, 'mqtt_client_errors', 'MQTT connections closed for an error')
  const refused = counter(registry, 'mqtt_publishes_refused', 'Publishes not taken in; the sender keeps them')
  events.on('client:connected', () => connects.inc())
  events.on('client:disconnected', () => disconnects.inc())
  events.on('client:error', () => clientErrors.inc())
  events.on('publish:refused', () => refused.inc())
}

const readGauges = (registry: Registry, gauges: Gauges): void => {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `sluice_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
  gauge('spool_bytes', 'Bytes in the spool that Postgres does not have yet', gauges.spoolBytes)
  gauge('spool_max_bytes', 'The bound of the spool', () => gauges.spoolMaxBytes)
  gauge(
    'spool_seconds_until_full',
    'Seconds until the spool is full at the pace of the last minute',
    gauges.spoolSecondsUntilFull,
  )
  gauge('spool_waiting_rows', 'Rows known to wait for Postgres', gauges.waitingRows)
  gauge('pending_bytes', 'Bytes in memory that are not in the spool yet', gauges.pendingBytes)
  gauge('mqtt_connections', 'MQTT clients connected', gauges.connections)
  gauge('buzzer_pending', 'Buzzer requests that are pending', () => gauges.boards().buzzerPending)
  gauge(
    'buzzer_unsaved',
    'Buzzer requests whose history is not stored yet',
    () => gauges.boards().buzzerUnsaved,
  )
  gauge('frames_files', 'Camera pictures on disk', () => gauges.boards().frames)
  gauge('frames_bytes', 'Bytes of camera pictures on disk', () => gauges.boards().frameBytes)
  gauge('http_body_bytes', 'Bytes of request bodies in memory', () => gauges.bodies().heldBytes)
  gauge('websocket_connections', 'Event sockets connected', () => gauges.sockets().connected)
  for (const field of ['hits', 'misses', 'size'] as const) {
    new Gauge({
      name: `sluice_cache_${field}`,
      help: `Cache ${field}`,
      labelNames: ['cache'],
      registers: [registry],
      collect() {
        for (const [cache, stats] of Object.entries(gauges.caches())) this.set({ cache }, stats[field])
      },
    })
  }
}

/** Counts that their owner keeps; they only grow. */
const readCounts = (registry: Registry, gauges: Gauges): void => {
  const count = (name: string, help: string, read: () => number): void => {
    new Counter({
      name: `sluice_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }
  count('websocket_refused', 'Event sockets refused at their limit', () => gauges.sockets().refused)
  count('websocket_unauthorized', 'Event sockets without the API key', () => gauges.sockets().unauthorized)
  count('websocket_sent', 'Events sent, counted for each socket', () => gauges.sockets().sent)
  count('websocket_skipped', 'Events left out for sockets that were behind', () => gauges.sockets().skipped)
  count(
    'websocket_closed_slow',
    'Event sockets closed because they stayed behind',
    () => gauges.sockets().closedSlow,
  )
  count('websocket_closed_dead', 'Event sockets dropped as dead', () => gauges.sockets().closedDead)
  count(
    'websocket_errors',
    'Event sockets that broke the protocol or the connection',
    () => gauges.sockets().errors,
  )
  count('http_bodies_refused', 'Request bodies refused for want of room', () => gauges.bodies().refused)
  count('recordings_made', 'Films made', () => gauges.recordings().made)
  count('recordings_failed', 'Films that could not be made', () => gauges.recordings().failed)
  count('recognition_asked', 'Pictures shown to the face service', () => gauges.recognition().asked)
  count(
    'recognition_skipped',
    'Pictures not shown: the face service was busy',
    () => gauges.recognition().skipped,
  )
  count(
    'recognition_unanswered',
    'Pictures without an answer of the face service',
    () => gauges.recognition().unanswered,
  )
}
