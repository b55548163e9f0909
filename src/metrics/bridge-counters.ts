import type { Registry } from 'prom-client'
import { type BridgeEmitter, DROP_REASONS, REJECTION_REASONS } from '../../bridge/index.ts'
import { counter, durations } from './instruments.ts'

/** What becomes of readings, told by events. */
export const countBridge = (registry: Registry, events: BridgeEmitter): void => {
  countReadings(registry, events)
  countFailures(registry, events)
  const fsync = durations(registry, { name: 'spool_commit', help: 'Write and fsync of one group' })
  const copy = durations(registry, { name: 'copy', help: 'One COPY transaction' })
  events.on('spool:committed', ({ fsyncMs }) => fsync.observe(fsyncMs))
  events.on('drain:stored', ({ ms }) => copy.observe(ms))
}

const countReadings = (registry: Registry, events: BridgeEmitter): void => {
  const taken = counter(registry, { name: 'readings_taken', help: 'Readings made durable' })
  const duplicates = counter(registry, {
    name: 'readings_deduplicated',
    help: 'Readings known already by device, boot and seq',
  })
  const stored = counter(registry, { name: 'rows_stored', help: 'Rows committed in Postgres' }, ['table'])
  const rejected = counter(
    registry,
    { name: 'messages_rejected', help: 'Messages dead-lettered, by reason' },
    ['reason'],
  )
  const dropped = counter(registry, { name: 'dropped', help: 'Readings or messages lost, by reason' }, [
    'reason',
  ])
  const held = counter(registry, {
    name: 'messages_held',
    help: 'Messages refused at the bound of the spool; their senders keep them',
  })
  // There from the start: of a series that begins with its first loss, Prometheus sees no increase.
  for (const reason of DROP_REASONS) dropped.inc({ reason }, 0)
  for (const reason of REJECTION_REASONS) rejected.inc({ reason }, 0)
  events.on('readings:taken', ({ count }) => taken.inc(count))
  events.on('readings:deduplicated', ({ count }) => duplicates.inc(count))
  events.on('drain:stored', ({ readings, deadLetters }) => {
    stored.inc({ table: 'sensor_data' }, readings)
    stored.inc({ table: 'dead_letters' }, deadLetters)
  })
  events.on('drain:refused', () => rejected.inc({ reason: 'refused-by-postgres' }))
  events.on('message:rejected', ({ reason }) => rejected.inc({ reason }))
  events.on('message:dropped', ({ reason, count }) => dropped.inc({ reason }, count))
  events.on('message:held', ({ count }) => held.inc(count))
}

const countFailures = (registry: Registry, events: BridgeEmitter): void => {
  const spool = counter(registry, {
    name: 'spool_write_failures',
    help: 'Failed writes of the spool, each tried again',
  })
  const drain = counter(registry, { name: 'drain_failures', help: 'Failed batches, each tried again' })
  const errors = counter(registry, { name: 'errors', help: 'Unexpected errors, by place' }, ['where'])
  events.on('spool:failed', () => spool.inc())
  events.on('drain:failed', () => drain.inc())
  events.on('bridge:error', ({ where }) => errors.inc({ where }))
}
