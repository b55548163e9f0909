import { expect, test } from '@jest/globals'
import { type BuzzerRequest, createBridgeEmitter, type DeviceId } from '../../../bridge/index.ts'
import { createBrokerEmitter } from '../../../broker/index.ts'
import { createMetrics } from '../../../src/metrics.ts'

const DEVICE = 'cam' as DeviceId
const REQUEST: BuzzerRequest = {
  id: 1,
  deviceId: DEVICE,
  status: 'completed',
  durationMs: 250,
  requestedAt: 1,
  expiresAt: 9,
  deliveredAt: 2,
  buzzedAt: 3,
  createdAt: 1,
  updatedAt: 3,
}

const createRig = () => {
  const [bridge, broker] = [createBridgeEmitter(), createBrokerEmitter()]
  const gauges = { spoolBytes: 10, connections: 2, skipped: 4, secondsLeft: Number.POSITIVE_INFINITY }
  const metrics = createMetrics(
    { bridge, broker },
    {
      spoolBytes: () => gauges.spoolBytes,
      spoolMaxBytes: 100,
      spoolSecondsUntilFull: () => gauges.secondsLeft,
      waitingRows: () => 3,
      pendingBytes: () => 4,
      connections: () => gauges.connections,
      caches: () => ({
        devices: { hits: 1, misses: 2, size: 3 },
        readings: { hits: 4, misses: 5, size: 6 },
      }),
      boards: () => ({ buzzerPending: 1, buzzerUnsaved: 2, frames: 3, frameBytes: 4 }),
      sockets: () => ({
        connected: 7,
        accepted: 9,
        refused: 1,
        unauthorized: 2,
        sent: 3,
        skipped: gauges.skipped,
        closedSlow: 5,
        closedDead: 6,
        errors: 0,
      }),
      recognition: () => ({ inFlight: 0, asked: 3, skipped: 2, unanswered: 1 }),
      bodies: () => ({ heldBytes: 11, refused: 12 }),
      recordings: () => ({ running: 0, made: 8, failed: 9 }),
    },
  )
  /** The samples by name and labels, without those of the process itself. */
  const samples = async (): Promise<Readonly<Record<string, string>>> => {
    const { body } = await metrics.text()
    const lines = body.split('\n').filter((line) => line.startsWith('sluice_'))
    return Object.fromEntries(lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]))
  }
  return { bridge, broker, gauges, metrics, samples }
}

test('what is taken in, stored, refused and lost is counted', async () => {
  const { bridge, samples } = createRig()
  bridge.emit('readings:taken', { count: 5 })
  bridge.emit('readings:deduplicated', { count: 2 })
  bridge.emit('drain:stored', { readings: 4, deadLetters: 1, bytes: 9, ms: 7, waiting: 0 })
  bridge.emit('drain:refused', { detail: 'd' })
  bridge.emit('message:rejected', { reason: 'bad-json', detail: 'd', topic: 't', deviceId: null })
  bridge.emit('message:dropped', { reason: 'spool-full-qos0', count: 6 })
  bridge.emit('message:held', { count: 3 })
  bridge.emit('spool:failed', { error: 'x', retryInMs: 1 })
  bridge.emit('drain:failed', { error: 'x', retryInMs: 1 })
  bridge.emit('spool:committed', { rows: 5, bytes: 9, fsyncMs: 0.7 })
  expect(await samples()).toMatchObject({
    sluice_readings_taken_total: '5',
    sluice_readings_deduplicated_total: '2',
    'sluice_rows_stored_total{table="sensor_data"}': '4',
    'sluice_rows_stored_total{table="dead_letters"}': '1',
    'sluice_messages_rejected_total{reason="refused-by-postgres"}': '1',
    'sluice_messages_rejected_total{reason="bad-json"}': '1',
    'sluice_dropped_total{reason="spool-full-qos0"}': '6',
    sluice_messages_held_total: '3',
    sluice_spool_write_failures_total: '1',
    sluice_drain_failures_total: '1',
    'sluice_spool_commit_ms_bucket{le="1"}': '1',
    'sluice_copy_ms_bucket{le="10"}': '1',
  })
})

test('gauges are read when they are asked for', async () => {
  const { gauges, samples } = createRig()
  expect(await samples()).toMatchObject({ sluice_spool_bytes: '10', sluice_mqtt_connections: '2' })
  gauges.spoolBytes = 11
  gauges.secondsLeft = 42
  expect(await samples()).toMatchObject({
    sluice_spool_bytes: '11',
    sluice_spool_max_bytes: '100',
    sluice_spool_seconds_until_full: '42',
    sluice_spool_waiting_rows: '3',
    sluice_pending_bytes: '4',
  })
})

test('a spool that does not grow has an endless time until it is full, as Prometheus writes it', async () => {
  expect((await createRig().samples()).sluice_spool_seconds_until_full).toBe('+Inf')
})

test('each cache tells its hits, misses and size', async () => {
  expect(await createRig().samples()).toMatchObject({
    'sluice_cache_hits{cache="devices"}': '1',
    'sluice_cache_misses{cache="devices"}': '2',
    'sluice_cache_size{cache="readings"}': '6',
  })
})

test('connections of the broker are counted, and what it refused', async () => {
  const { broker, samples } = createRig()
  broker.emit('client:connected', { clientId: 'a', address: '::1' })
  broker.emit('client:disconnected', { clientId: 'a' })
  broker.emit('client:error', { clientId: null, address: '::1', error: new Error('x') })
  broker.emit('publish:refused', { clientId: 'a', topic: 't', error: new Error('x') })
  expect(await samples()).toMatchObject({
    sluice_mqtt_connects_total: '1',
    sluice_mqtt_disconnects_total: '1',
    sluice_mqtt_client_errors_total: '1',
    sluice_mqtt_publishes_refused_total: '1',
  })
})

test('what boards do beside readings is counted', async () => {
  const { bridge, samples } = createRig()
  bridge.emit('buzzer:requested', { request: REQUEST })
  bridge.emit('buzzer:completed', { request: REQUEST })
  bridge.emit('buzzer:failed', { error: 'x' })
  bridge.emit('buzzer:dropped', { count: 4 })
  bridge.emit('frame:stored', { frame: { deviceId: DEVICE, at: 1, filename: 'cam_1.jpg', bytes: 22_000 } })
  bridge.emit('frame:refused', { deviceId: DEVICE, reason: 'not-a-jpeg' })
  bridge.emit('frames:evicted', { count: 3 })
  bridge.emit('frames:failed', { error: 'x' })
  bridge.emit('device:commanded', { deviceId: DEVICE, sent: true })
  expect(await samples()).toMatchObject({
    sluice_buzzer_requests_total: '1',
    sluice_buzzer_completed_total: '1',
    sluice_buzzer_failures_total: '1',
    sluice_buzzer_dropped_total: '4',
    sluice_frames_stored_total: '1',
    sluice_frames_stored_bytes_total: '22000',
    'sluice_frames_refused_total{reason="not-a-jpeg"}': '1',
    sluice_frames_failures_total: '1',
    sluice_frames_evicted_total: '3',
    'sluice_device_commands_total{sent="true"}': '1',
  })
})

test('what the event sockets and the face service count is read when it is asked for, and not added up', async () => {
  const { gauges, samples } = createRig()
  expect(await samples()).toMatchObject({
    sluice_websocket_connections: '7',
    sluice_websocket_skipped_total: '4',
    sluice_recognition_asked_total: '3',
    sluice_recordings_failed_total: '9',
    sluice_http_body_bytes: '11',
    sluice_http_bodies_refused_total: '12',
    sluice_frames_files: '3',
    sluice_buzzer_unsaved: '2',
  })
  gauges.skipped = 5
  expect(await samples()).toMatchObject({
    sluice_websocket_skipped_total: '5',
    sluice_recognition_asked_total: '3',
  })
})

test('two programs in one process have numbers of their own', async () => {
  const [one, other] = [createRig(), createRig()]
  one.bridge.emit('readings:taken', { count: 1 })
  expect((await one.samples()).sluice_readings_taken_total).toBe('1')
  expect((await other.samples()).sluice_readings_taken_total).toBe('0')
})

test('no label comes from a device: series do not grow with the fleet', async () => {
  const { bridge, samples } = createRig()
  const before = Object.keys(await samples()).length
  for (let id = 0; id < 50; id += 1) {
    bridge.emit('message:rejected', { reason: 'bad-json', detail: `${id}`, topic: `t/${id}`, deviceId: null })
    bridge.emit('bridge:error', { error: new Error(`device ${id}`), where: 'storing a device' })
  }
  expect(Object.keys(await samples()).length).toBe(before + 2)
})
