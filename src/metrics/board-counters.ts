import type { Registry } from 'prom-client'
import type { BridgeEmitter } from '../../bridge/index.ts'
import type { BrokerEmitter } from '../../broker/index.ts'
import { counter } from './instruments.ts'

/** What boards do beside readings, told by events. */
export const countBoards = (registry: Registry, events: BridgeEmitter): void => {
  const commands = counter(
    registry,
    { name: 'device_commands', help: 'Commands to devices; sent="false": nobody knew the device' },
    ['sent'],
  )
  events.on('device:commanded', ({ sent }) => commands.inc({ sent: String(sent) }))
  countBuzzer(registry, events)
  countFrames(registry, events)
}

const countBuzzer = (registry: Registry, events: BridgeEmitter): void => {
  const requested = counter(registry, {
    name: 'buzzer_requests',
    help: 'Buzzer requests, joined ones not counted',
  })
  const completed = counter(registry, {
    name: 'buzzer_completed',
    help: 'Buzzer requests that a board completed',
  })
  const failures = counter(registry, {
    name: 'buzzer_failures',
    help: 'Failed reads or writes of buzzer history',
  })
  const dropped = counter(registry, {
    name: 'buzzer_dropped',
    help: 'Buzzer requests that are missing from the history',
  })
  events.on('buzzer:requested', () => requested.inc())
  events.on('buzzer:completed', () => completed.inc())
  events.on('buzzer:failed', () => failures.inc())
  events.on('buzzer:dropped', ({ count }) => dropped.inc(count))
}

const countFrames = (registry: Registry, events: BridgeEmitter): void => {
  const stored = counter(registry, { name: 'frames_stored', help: 'Camera pictures stored' })
  const bytes = counter(registry, { name: 'frames_stored_bytes', help: 'Bytes of camera pictures stored' })
  const refused = counter(registry, { name: 'frames_refused', help: 'Camera pictures not kept, by reason' }, [
    'reason',
  ])
  const evicted = counter(registry, {
    name: 'frames_evicted',
    help: 'Camera pictures removed before their time',
  })
  const failures = counter(registry, { name: 'frames_failures', help: 'Failures of the frames folder' })
  events.on('frame:stored', ({ frame }) => {
    stored.inc()
    bytes.inc(frame.bytes)
  })
  events.on('frame:refused', ({ reason }) => refused.inc({ reason }))
  events.on('frames:evicted', ({ count }) => evicted.inc(count))
  events.on('frames:failed', () => failures.inc())
}

/** What clients were not let do, told by events. */
const countDenials = (registry: Registry, events: BrokerEmitter): void => {
  const connects = counter(registry, {
    name: 'mqtt_connects_refused',
    help: 'CONNECTs answered with a return code other than 0',
  })
  const denied = counter(
    registry,
    {
      name: 'mqtt_denied',
      help: 'Publishes acked and dropped, subscriptions refused: not allowed to their client',
    },
    ['action'],
  )
  const limits = counter(
    registry,
    { name: 'mqtt_limits_hit', help: 'Bounds that were reached, by setting' },
    ['limit'],
  )
  events.on('connect:refused', () => connects.inc())
  events.on('publish:denied', () => denied.inc({ action: 'publish' }))
  events.on('subscribe:denied', () => denied.inc({ action: 'subscribe' }))
  events.on('limit:hit', ({ limit }) => limits.inc({ limit }))
}

/** MQTT connections, told by events. */
export const countBroker = (registry: Registry, events: BrokerEmitter): void => {
  const connects = counter(registry, { name: 'mqtt_connects', help: 'MQTT connections accepted' })
  const disconnects = counter(registry, { name: 'mqtt_disconnects', help: 'MQTT connections ended' })
  const clientErrors = counter(registry, {
    name: 'mqtt_client_errors',
    help: 'MQTT connections closed for an error',
  })
  const refused = counter(registry, {
    name: 'mqtt_publishes_refused',
    help: 'Publishes not taken in; the sender keeps them',
  })
  const sessions = counter(registry, {
    name: 'mqtt_sessions_removed',
    help: 'Kept sessions removed with the credential they belonged to',
  })
  const tlsFailures = counter(registry, {
    name: 'mqtt_tls_failures',
    help: 'Connections to the MQTT TLS port that ended in their handshake',
  })
  countDenials(registry, events)
  events.on('session:removed', () => sessions.inc())
  events.on('tls:failed', () => tlsFailures.inc())
  events.on('client:connected', () => connects.inc())
  events.on('client:disconnected', () => disconnects.inc())
  events.on('client:error', () => clientErrors.inc())
  events.on('publish:refused', () => refused.inc())
}
