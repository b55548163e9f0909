import { expect, test } from '@jest/globals'
import type { BuzzerRequest, DeviceId } from '../../../../bridge/index.ts'
import { sheetOf } from '../../../support/balance-sheets.ts'
import { createMetricsRig } from '../../../support/metrics-rig.ts'

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

test('what is taken in, stored, refused and lost is counted', async () => {
  const { bridge, samples } = createMetricsRig()
  bridge.emit('readings:taken', { count: 5 })
  bridge.emit('readings:deduplicated', { count: 2 })
  bridge.emit('drain:stored', { readings: 4, deadLetters: 1, bytes: 9, ms: 7, lagMs: 9, waiting: 0 })
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
  const { now, samples } = createMetricsRig()
  expect(await samples()).toMatchObject({ sluice_spool_bytes: '10', sluice_mqtt_connections: '2' })
  now.spoolBytes = 11
  now.secondsLeft = 42
  expect(await samples()).toMatchObject({
    sluice_spool_bytes: '11',
    sluice_spool_max_bytes: '100',
    sluice_spool_seconds_until_full: '42',
    sluice_spool_waiting_rows: '3',
    sluice_pending_bytes: '4',
  })
})

test('a spool that does not grow has an endless time until it is full, as Prometheus writes it', async () => {
  expect((await createMetricsRig().samples()).sluice_spool_seconds_until_full).toBe('+Inf')
})

test('each cache tells its hits, misses and size', async () => {
  expect(await createMetricsRig().samples()).toMatchObject({
    'sluice_cache_hits{cache="devices"}': '1',
    'sluice_cache_misses{cache="devices"}': '2',
    'sluice_cache_size{cache="readings"}': '6',
  })
})

test('connections of the broker are counted, and what it refused', async () => {
  const { broker, samples } = createMetricsRig()
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
  const { bridge, samples } = createMetricsRig()
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
  const { now, samples } = createMetricsRig()
  expect(await samples()).toMatchObject({
    sluice_websocket_connections: '7',
    sluice_websocket_skipped_total: '4',
    sluice_recognition_asked_total: '3',
    sluice_recordings_failed_total: '9',
    sluice_http_connections: '14',
    sluice_http_body_bytes: '11',
    sluice_http_bodies_refused_total: '12',
    sluice_frames_files: '3',
    sluice_buzzer_unsaved: '2',
  })
  now.skipped = 5
  expect(await samples()).toMatchObject({
    sluice_websocket_skipped_total: '5',
    sluice_recognition_asked_total: '3',
  })
})

test('two programs in one process have numbers of their own', async () => {
  const [one, other] = [createMetricsRig(), createMetricsRig()]
  one.bridge.emit('readings:taken', { count: 1 })
  expect((await one.samples()).sluice_readings_taken_total).toBe('1')
  expect((await other.samples()).sluice_readings_taken_total).toBe('0')
})

test('no label comes from a device: series do not grow with the fleet', async () => {
  const { bridge, samples } = createMetricsRig()
  const before = Object.keys(await samples()).length
  for (let id = 0; id < 50; id += 1) {
    bridge.emit('message:rejected', { reason: 'bad-json', detail: `${id}`, topic: `t/${id}`, deviceId: null })
    bridge.emit('bridge:error', { error: new Error(`device ${id}`), where: 'storing a device' })
  }
  // The place of the error.
  expect(Object.keys(await samples()).length).toBe(before + 1)
})

test('the balance is a gauge of each place; its remainder stands alone', async () => {
  const { now, samples } = createMetricsRig()
  now.balance = sheetOf({
    ...{ received: 100, stored: 40, spooled: 20, inFlight: 10, deduplicated: 5, deadLettered: 3 },
    dropped: { 'spool-full-qos0': 4, 'stopping-qos0': 2 },
  })
  expect(await samples()).toMatchObject({
    'sluice_balance{place="received"}': '100',
    'sluice_balance{place="stored"}': '40',
    'sluice_balance{place="spooled"}': '20',
    'sluice_balance{place="in_flight"}': '10',
    'sluice_balance{place="deduplicated"}': '5',
    'sluice_balance{place="dead_lettered"}': '3',
    'sluice_balance{place="dropped"}': '6',
    sluice_balance_remainder: '16',
    sluice_sequence_missing: '13',
  })
})

test('how long acks are waited for is told by the way they came', async () => {
  const { acks, samples } = createMetricsRig()
  acks.emit('acked', { via: 'mqtt', ms: 0.7 })
  acks.emit('acked', { via: 'mqtt', ms: 20 })
  acks.emit('acked', { via: 'rest', ms: 60_000 })
  expect(await samples()).toMatchObject({
    'sluice_ack_ms_bucket{le="1",via="mqtt"}': '1',
    'sluice_ack_ms_bucket{le="25",via="mqtt"}': '2',
    'sluice_ack_ms_bucket{le="30000",via="rest"}': '0',
    'sluice_ack_ms_count{via="rest"}': '1',
  })
})

test('the oldest row of the spool is told in seconds', async () => {
  const { now, samples } = createMetricsRig()
  expect((await samples()).sluice_spool_oldest_seconds).toBe('0')
  now.oldestSpooledMs = 90_500
  expect((await samples()).sluice_spool_oldest_seconds).toBe('90.5')
})

test('the delay of the event loop is there with its percentiles', async () => {
  const { samples } = createMetricsRig()
  for (const part of ['p50', 'p99', 'max'])
    expect(await samples()).toHaveProperty(`sluice_nodejs_eventloop_lag_${part}_seconds`)
})

test('every reason for a loss or a refusal is there before the first one, so that the first one is an increase', async () => {
  expect(await createMetricsRig().samples()).toMatchObject({
    'sluice_dropped_total{reason="spool-full-qos0"}': '0',
    'sluice_dropped_total{reason="store-off-full"}': '0',
    'sluice_messages_rejected_total{reason="bad-json"}': '0',
    'sluice_messages_rejected_total{reason="refused-by-postgres"}': '0',
  })
})
