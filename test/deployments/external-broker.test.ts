/** The built program behind a real Mosquitto: the same promises as with its own broker. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startMosquitto, type TestMosquitto } from '../support/mosquitto-broker.ts'
import { mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

let database: FreshDatabase
let mosquitto: TestMosquitto
let sluice: Sluice
let removeData: () => Promise<void>

beforeAll(async () => {
  database = await freshDatabase()
  mosquitto = await startMosquitto()
  const { dataDir, cleanup } = await freshDataDir()
  removeData = cleanup
  sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url, BROKER_URL: mosquitto.url })
}, 60_000)

afterAll(async () => {
  await sluice?.end('SIGTERM')
  await mosquitto?.cleanup()
  await database?.drop()
  await removeData?.()
})

const later = useCleanups()

const rowsOf = async (deviceId: string, count: number) =>
  eventually(async () => {
    const sql = 'SELECT * FROM sensor_data WHERE device_id = $1 ORDER BY seq'
    const { rows } = await database.pool.query(sql, [deviceId])
    return rows.length >= count && rows
  }, 15_000)

const getJson = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${sluice.http}${path}`)).json()) as Record<string, unknown>

const listen = async (topic: string) => {
  const subscription = mosquittoSub(mosquitto.port, topic)
  later(subscription.end)
  await subscription.subscribed
  return subscription.received
}

const publish = (topic: string, message: string) => mosquittoPub({ port: mosquitto.port, topic, message })

describe('a reading published at Mosquitto', () => {
  test('with mosquitto_pub is a row, the latest value, and acked on acks/{id}', async () => {
    const acks = await listen('acks/ext-1')
    await publish('sensors/ext-1/data', '{"temperature":21.5,"humidity":40,"boot":"b","seq":1}')
    const [row] = await rowsOf('ext-1', 1)
    expect(row).toMatchObject({ temperature: 21.5, humidity: 40, boot: 'b' })
    const latest = await listen('sensors/ext-1/latest')
    await eventually(() => latest.length > 0)
    expect(latest[0]).toContain('"temperature":21.5')
    await eventually(() => acks.length > 0)
    expect(acks[0]).toContain('"seq":1')
  })

  test('with an MQTT 5 client, its properties included, is a row', async () => {
    const client = await mqtt.connectAsync(mosquitto.url, { protocolVersion: 5, reconnectPeriod: 0 })
    later(() => client.endAsync(true))
    const properties = {
      contentType: 'application/json',
      messageExpiryInterval: 60,
      userProperties: { a: 'b' },
    }
    for (const qos of [0, 1, 2] as const) {
      const payload = JSON.stringify({ temperature: 20 + qos, boot: 'b', seq: qos + 1 })
      await client.publishAsync('sensors/ext-5/data', payload, { qos, properties })
    }
    const rows = await rowsOf('ext-5', 3)
    expect(rows.map(({ temperature }) => temperature)).toEqual([20, 21, 22])
  })

  test('that cannot be read is a dead letter, and its board is told', async () => {
    const errors = await listen('errors/ext-bad')
    await publish('sensors/ext-bad/data', '{"temperature":')
    await eventually(() => errors.length > 0)
    expect(errors[0]).toContain('bad-json')
    const letters = () => database.pool.query(`SELECT * FROM dead_letters WHERE device_id = 'ext-bad'`)
    await eventually(async () => (await letters()).rows.length === 1)
  })

  test('while Sluice was killed waits at Mosquitto, and is a row once after its start', async () => {
    const settings = { DATA_DIR: sluice.dataDir, DATABASE_URL: database.url, BROKER_URL: mosquitto.url }
    const board = await mqtt.connectAsync(mosquitto.url)
    later(() => board.endAsync(true))
    const send = async (from: number, to: number): Promise<void> => {
      const seqs = Array.from({ length: to - from }, (_, index) => from + index)
      const text = (seq: number) => JSON.stringify({ temperature: seq / 10, boot: 'k', seq })
      await Promise.all(seqs.map((seq) => board.publishAsync('sensors/ext-kill/data', text(seq), { qos: 1 })))
    }
    await send(1, 500)
    const sending = send(500, 2_000)
    await sluice.end('SIGKILL')
    await sending
    await send(2_000, 2_101)
    sluice = await startSluice(settings)
    const rows = await rowsOf('ext-kill', 2_100)
    expect(new Set(rows.map(({ seq }) => Number(seq))).size).toBe(2_100)
    expect(rows).toHaveLength(2_100)
    const balance = await getJson('/api/v1/system/balance')
    expect(JSON.stringify(balance)).toContain('"remainder":0')
  }, 60_000)
})

describe('a command', () => {
  test('over REST is at the board on MQTT, and done by its ack', async () => {
    const commands = await listen('buzzer/ext-buzz/cmd')
    const body = JSON.stringify({ deviceId: 'ext-buzz' })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${sluice.http}/api/v1/buzzer/request`, { method: 'POST', headers, body })
    await eventually(() => commands.length > 0)
    const { requestId } = JSON.parse(commands[0]?.split(' ').slice(1).join(' ') ?? '')
    await publish('buzzer/ext-buzz/ack', JSON.stringify({ requestId }))
    await eventually(async () => (await getJson('/api/v1/buzzer/status/ext-buzz')).status === 'no_requests')
    expect(commands).toHaveLength(1)
  })

  test('of a dashboard reaches the board once, as it is, and is recorded', async () => {
    const commands = await listen('buzzer/ext-dash/cmd')
    await publish('buzzer/ext-dash/cmd', 'ON')
    await eventually(async () => (await getJson('/api/v1/buzzer/status/ext-dash')).status !== 'no_requests')
    await publish('buzzer/ext-dash/ack', '')
    await eventually(async () => (await getJson('/api/v1/buzzer/status/ext-dash')).status === 'no_requests')
    await publish('buzzer/ext-dash/cmd', 'OFF')
    await eventually(() => commands.length > 1)
    expect(commands).toEqual(['buzzer/ext-dash/cmd ON', 'buzzer/ext-dash/cmd OFF'])
  })
})

test('a board that dies is offline by its will', async () => {
  const will = {
    topic: 'devices/ext-will/status',
    payload: Buffer.from('offline'),
    qos: 1,
    retain: true,
  } as const
  const board = await mqtt.connectAsync(mosquitto.url, { clientId: 'ext-will', will, reconnectPeriod: 0 })
  board.on('error', () => {})
  await board.publishAsync('devices/ext-will/heartbeat', '{"status":"online"}', { qos: 1 })
  const statusOf = async () => {
    const { devices } = await getJson('/api/v1/devices')
    const known = devices as readonly { readonly deviceId: string; readonly status: string }[]
    return known.find(({ deviceId }) => deviceId === 'ext-will')?.status
  }
  await eventually(async () => (await statusOf()) === 'online')
  board.stream.destroy()
  await eventually(async () => (await statusOf()) === 'offline')
})

describe('the program', () => {
  test('opens no MQTT port, and says where its broker is', async () => {
    const listening = sluice.log.find(({ msg }) => msg === 'listening')
    expect(listening).toMatchObject({ broker: mosquitto.url, http: sluice.http })
    expect(Object.keys(listening ?? {})).not.toContain('mqtt')
    const { ready, degraded, parts } = await getJson('/health')
    expect({ ready, degraded }).toEqual({ ready: true, degraded: [] })
    expect(parts).toMatchObject({ broker: { ok: true, external: mosquitto.url } })
    const metrics = await (await fetch(`${sluice.http}/metrics`)).text()
    expect(metrics).toContain('\nsluice_external_connected 1\n')
  })

  test('without its broker is degraded, takes readings over HTTP, and goes on when it is back', async () => {
    await mosquitto.stop()
    await eventually(async () => String((await getJson('/health')).degraded) === 'broker')
    const response = await fetch(`${sluice.http}/api/v1/ingest/sensor-data`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"deviceId":"ext-rest","temperature":1}',
    })
    expect(response.status).toBe(200)
    await rowsOf('ext-rest', 1)
    await mosquitto.start()
    await eventually(async () => String((await getJson('/health')).degraded) === '', 30_000)
    await publish('sensors/ext-back/data', '{"temperature":2}')
    await rowsOf('ext-back', 1)
  }, 60_000)

  test('that stops takes the retained time away', async () => {
    const time = await listen('time/now')
    // With the restart of the broker it was gone until the next signal.
    await eventually(() => time.length > 0, 15_000)
    const { dataDir } = sluice
    expect((await sluice.end('SIGTERM')).code).toBe(0)
    const after = await listen('#')
    await publish('home/end', 'x')
    await eventually(() => after.some((line) => line === 'home/end x'))
    expect(after.filter((line) => line.startsWith('time/now'))).toEqual([])
    sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url, BROKER_URL: mosquitto.url })
  }, 60_000)
})
