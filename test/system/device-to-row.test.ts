import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

let database: FreshDatabase
let sluice: Sluice
let removeData: () => Promise<void>

beforeAll(async () => {
  database = await freshDatabase()
  const { dataDir, cleanup } = await freshDataDir()
  removeData = cleanup
  sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url })
}, 60_000)

afterAll(async () => {
  await sluice?.end('SIGTERM')
  await database?.drop()
  await removeData?.()
})

const later = useCleanups()

const rowsOf = async (deviceId: string) =>
  (
    await database.pool.query('SELECT * FROM sensor_data WHERE device_id = $1 ORDER BY received_at, seq', [
      deviceId,
    ])
  ).rows

const getJson = async (path: string) => {
  const response = await fetch(`${sluice.http}${path}`)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const subscriber = async (topic: string) => {
  const client = await mqtt.connectAsync(sluice.webSocket, { reconnectPeriod: 0 })
  later(() => client.endAsync(true))
  const received: { topic: string; payload: string; retain: boolean }[] = []
  client.on('message', (from, payload, { retain }) =>
    received.push({ topic: from, payload: payload.toString(), retain }),
  )
  await client.subscribeAsync(topic)
  return received
}

describe('a reading published over MQTT', () => {
  for (const qos of [0, 1, 2] as const) {
    test(`with QoS ${qos} is a row, the latest value, and seen by a subscriber over WebSocket`, async () => {
      const id = `board-qos${qos}`
      const seen = await subscriber(`sensors/${id}/+`)
      const message = '{"temperature":21.5,"humidity":40,"boot":"b1","seq":1,"fw":"1.2"}'
      await mosquittoPub({ port: sluice.mqttPort, topic: `sensors/${id}/data`, message, qos })
      const rows = await eventually(async () => {
        const found = await rowsOf(id)
        return found.length > 0 && found
      })
      expect(rows).toHaveLength(1)
      expect(rows[0]).toMatchObject({ temperature: 21.5, humidity: 40, boot: 'b1', custom: { fw: '1.2' } })
      expect(rows[0].ts_source).toBe('server')
      await eventually(() => seen.some(({ topic }) => topic === `sensors/${id}/latest`))
      expect(seen.map(({ topic }) => topic)).toContain(`sensors/${id}/data`)
      const latest = seen.find(({ topic }) => topic === `sensors/${id}/latest`)
      expect(JSON.parse(latest?.payload ?? '')).toMatchObject({
        deviceId: id,
        values: { temperature: 21.5, humidity: 40 },
      })
    })
  }

  test('leaves its latest values retained for who subscribes later', async () => {
    await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/keeper/data', message: '{"temperature":3}' })
    await eventually(async () => {
      const seen = await subscriber('sensors/keeper/latest')
      return eventually(() => seen.some(({ retain }) => retain), 500)
    })
  })

  test('is the newest reading over REST at once, and its device is listed', async () => {
    await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/rest-1/data', message: '{"distance":12.25}' })
    const { body } = await getJson('/api/v1/sensor-data?deviceId=rest-1&limit=10')
    expect(body).toMatchObject({
      success: true,
      count: 1,
      deviceId: 'rest-1',
      data: [{ distance: 12.25, temperature: null }],
    })
    const listed = await eventually(async () => {
      const { body: list } = await getJson('/api/v1/devices')
      return (list.devices as { deviceId: string; status: string; deviceType: string }[]).find(
        ({ deviceId }) => deviceId === 'rest-1',
      )
    })
    expect(listed).toMatchObject({ deviceType: 'sensor' })
  })

  test('of an array is as many rows, and a resend of the same boot and seq is none', async () => {
    const message = JSON.stringify([1, 2, 3].map((seq) => ({ temperature: seq, boot: 'b', seq })))
    const topic = 'sensors/batcher/data'
    await mosquittoPub({ port: sluice.mqttPort, topic, message })
    await mosquittoPub({ port: sluice.mqttPort, topic, message })
    await mosquittoPub({ port: sluice.mqttPort, topic, message: '{"temperature":4,"boot":"b","seq":4}' })
    const rows = await eventually(async () => {
      const found = await rowsOf('batcher')
      return found.some(({ seq }) => seq === '4') && found
    })
    expect(rows.map(({ seq }) => Number(seq))).toEqual([1, 2, 3, 4])
  })

  test('of long ago is stored at its own time and does not become the latest', async () => {
    const topic = 'sensors/backfill/data'
    await mosquittoPub({ port: sluice.mqttPort, topic, message: '{"temperature":20}' })
    await mosquittoPub({
      port: sluice.mqttPort,
      topic,
      message: '{"temperature":5,"ts":"2019-03-04T05:06:07Z"}',
    })
    const rows = await eventually(async () => {
      const found = await rowsOf('backfill')
      return found.length === 2 && found
    })
    expect(rows.map(({ ts }) => ts.getUTCFullYear())).toContain(2019)
    const seen = await subscriber('sensors/backfill/latest')
    await eventually(() => seen.length > 0)
    expect(JSON.parse(seen[0]?.payload ?? '').values.temperature).toBe(20)
  })
})

describe('the REST ingest', () => {
  test('answers 200 for what is stored, and shows it', async () => {
    const response = await fetch(`${sluice.http}/api/v1/ingest/sensor-data`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"deviceId":"legacy-1","timestamp":123456,"temperature":21.5,"humidity":null}',
    })
    expect(response.status).toBe(200)
    const row = await eventually(async () => (await rowsOf('legacy-1'))[0])
    expect(row).toMatchObject({ temperature: 21.5, humidity: null, ts_source: 'server' })
    expect(Number(row.device_uptime_ms)).toBe(123456)
  })
})

describe('the health page', () => {
  test('says what is connected and where it listens', async () => {
    const { status, body } = await getJson('/health')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'healthy',
      live: true,
      ready: true,
      degraded: [],
      database: { status: 'connected' },
      parts: { broker: { ok: true, mqtt: `mqtt://127.0.0.1:${sluice.mqttPort}` }, spool: { ok: true } },
    })
  })
})

describe('bad input', () => {
  const deadLetters = async (topic: string) =>
    (await database.pool.query('SELECT * FROM dead_letters WHERE topic = $1', [topic])).rows

  test('on an unknown topic is plain MQTT: routed, stored nowhere', async () => {
    const seen = await subscriber('home/kitchen')
    await mosquittoPub({ port: sluice.mqttPort, topic: 'home/kitchen', message: 'not json' })
    await eventually(() => seen.length === 1)
    expect(await deadLetters('home/kitchen')).toEqual([])
  })

  const cases: readonly { name: string; id: string; message: string; reason: string }[] = [
    { name: 'bad JSON', id: 'bad-1', message: '{"temperature":', reason: 'bad-json' },
    { name: 'a wrong type', id: 'bad-2', message: '{"temperature":"warm"}', reason: 'bad-value' },
    { name: 'another id', id: 'bad-3', message: '{"deviceId":"other"}', reason: 'wrong-device-id' },
    { name: 'too much', id: 'bad-4', message: `{"a":"${'x'.repeat(70_000)}"}`, reason: 'too-large' },
  ]
  for (const { name, id, message, reason } of cases) {
    test(`${name} is acked, kept raw with its reason, and its board is told`, async () => {
      const topic = `sensors/${id}/data`
      const errors = mosquittoSub(sluice.mqttPort, `errors/${id}`)
      later(errors.end)
      await errors.subscribed
      const board = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`, { reconnectPeriod: 0 })
      later(() => board.endAsync(true))
      await board.publishAsync(topic, message, { qos: 1 })
      const [letter] = await eventually(async () => {
        const found = await deadLetters(topic)
        return found.length > 0 && found
      })
      expect(letter).toMatchObject({ device_id: id, reason })
      expect(letter.payload.toString()).toBe(message)
      await eventually(() => errors.received.length > 0)
      expect(errors.received[0]).toContain(reason)
      // The connection is as good as before.
      await board.publishAsync(topic, '{"temperature":1}', { qos: 1 })
      await eventually(async () => (await rowsOf(id)).length === 1)
      const metrics = await (await fetch(`${sluice.http}/metrics`)).text()
      expect(metrics).toContain(`sluice_messages_rejected_total{reason="${reason}"}`)
    })
  }

  test('that only Postgres can refuse costs one row, not its batch', async () => {
    // A check constraint stands in for what core cannot know of.
    await database.pool.query(
      'ALTER TABLE sensor_data ADD CONSTRAINT no_13 CHECK (temperature <> 13) NOT VALID',
    )
    later(() => database.pool.query('ALTER TABLE sensor_data DROP CONSTRAINT no_13'))
    const message = JSON.stringify([11, 12, 13, 14].map((temperature) => ({ temperature })))
    await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/poison/data', message })
    const rows = await eventually(async () => {
      const found = await rowsOf('poison')
      return found.length === 3 && found
    })
    expect(rows.map(({ temperature }) => temperature).sort()).toEqual([11, 12, 14])
    const refused = await database.pool.query(
      `SELECT * FROM dead_letters WHERE reason = 'refused-by-postgres'`,
    )
    expect(refused.rows).toHaveLength(1)
    expect(refused.rows[0].payload.toString()).toContain('poison')
  })
})
