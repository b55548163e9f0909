/** Two nodes as processes of their own, on one Redis and one Postgres. */
import { mkdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { sluice } from '../support/cli.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { openEventSocket } from '../support/event-socket.ts'
import { eventually } from '../support/eventually.ts'
import { exchange } from '../support/http-exchange.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { freshDataDir, runSluice, type Sluice, startSluice } from '../support/sluice.ts'

const later = useCleanups()
const cleanups: (() => Promise<unknown>)[] = []
let database: FreshDatabase
let redis: TestRedis
let a: Sluice
let b: Sluice

const startNode = async (dataDir: string): Promise<Sluice> => {
  const node = await startSluice({
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    CLUSTER: 'true',
  })
  cleanups.push(() => node.end('SIGTERM'))
  return node
}

beforeAll(async () => {
  database = await freshDatabase()
  redis = await startRedis()
  cleanups.push(database.drop, redis.stop)
  const nodes = []
  for (let at = 0; at < 2; at += 1) {
    const { dataDir, cleanup } = await freshDataDir()
    cleanups.push(cleanup)
    nodes.push(await startNode(dataDir))
  }
  ;[a, b] = nodes as [Sluice, Sluice]
}, 60_000)

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
}, 60_000)

const connect = async (node: Sluice, options: IClientOptions = {}): Promise<MqttClient> => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${node.mqttPort}`, {
    reconnectPeriod: 0,
    ...options,
  })
  client.on('error', () => {})
  later(() => client.endAsync(true).catch(() => undefined))
  return client
}

const get = async (node: Sluice, path: string): Promise<Record<string, unknown>> =>
  (await exchange(`${node.http}${path}`)).json as Record<string, unknown>

const post = async (node: Sluice, path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${node.http}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await answer.json()) as Record<string, unknown>
}

const publish = (board: MqttClient, device: string, reading: object): Promise<unknown> =>
  board.publishAsync(`sensors/${device}/data`, JSON.stringify(reading), { qos: 1 })

const countOf = async (device: string): Promise<number> => {
  const { rows } = await database.pool.query(
    'SELECT count(*)::int AS count FROM sensor_data WHERE device_id = $1',
    [device],
  )
  return rows[0].count
}

describe('a buzzer', () => {
  test('of an MQTT board on one node is rung, and resolved, over the other', async () => {
    const board = await connect(b, { clientId: 'bell' })
    const commands: Record<string, unknown>[] = []
    board.on('message', (_, payload) => commands.push(JSON.parse(String(payload))))
    await board.subscribeAsync('buzzer/bell/cmd', { qos: 1 })
    await post(a, '/api/v1/buzzer/ping', { deviceId: 'bell' })
    await eventually(() => commands.length === 1)
    await board.publishAsync('buzzer/bell/ack', JSON.stringify({ requestId: commands[0]?.requestId }), {
      qos: 1,
    })
    await eventually(async () => (await get(a, '/api/v1/buzzer/status?deviceId=bell')).status === 'completed')
  })

  test('of a board that polls at any node beeps once, and is completed at any', async () => {
    await post(a, '/api/v1/buzzer/ping', { deviceId: 'poller' })
    let beeps = 0
    let isIdle = true
    let after = 0
    for (let poll = 0; after < 20; poll += 1) {
      const [node, other] = poll % 2 === 0 ? [a, b] : [b, a]
      const answer = await get(node, '/api/v1/buzzer/status/poller')
      const isPending = answer.status === 'pending'
      if (isPending && isIdle) {
        beeps += 1
        await exchange(`${other.http}/api/v1/buzzer/complete/${answer.requestId}`, { method: 'PATCH' })
      }
      isIdle = !isPending
      if (beeps > 0) after += 1
      // A board waits 150 ms between two polls.
      await delay(20)
    }
    expect(beeps).toBe(1)
    expect(await get(b, '/api/v1/buzzer/status?deviceId=poller')).toMatchObject({ status: 'completed' })
  })
})

describe('event sockets', () => {
  test('on one node tell of readings, buzzers and devices of the other', async () => {
    const socket = await openEventSocket(a.http.replace('http', 'ws'))
    later(socket.close)
    const board = await connect(b, { clientId: 'far' })
    await eventually(async () => {
      await publish(board, 'far', { temperature: 21 })
      return socket.events.find(({ type, deviceId }) => type === 'sensor_data' && deviceId === 'far')
    })
    await post(b, '/api/v1/devices/register', { id: 'far', name: 'Far', type: 'sensor' })
    await eventually(() => socket.events.find(({ type }) => type === 'device_registered'))
    await post(b, '/api/v1/buzzer/ping', { deviceId: 'far' })
    await eventually(() => socket.events.find(({ type }) => type === 'buzzer_request'))
    await eventually(async () => {
      const listed = (await exchange(`${a.http}/api/v1/devices`)).json
      return JSON.stringify(listed).includes('"Far"')
    })
  })
})

describe('a board that moves', () => {
  test('is online, and its readings are stored once, whatever it sends again', async () => {
    const first = await connect(a, { clientId: 'mover' })
    for (let seq = 0; seq < 20; seq += 1) await publish(first, 'mover', { temperature: seq, boot: 'x', seq })
    const second = await connect(b, { clientId: 'mover' })
    for (let seq = 10; seq < 30; seq += 1)
      await publish(second, 'mover', { temperature: seq, boot: 'x', seq })
    const third = await connect(a, { clientId: 'mover' })
    for (let seq = 25; seq < 40; seq += 1) await publish(third, 'mover', { temperature: seq, boot: 'x', seq })
    await eventually(async () => (await countOf('mover')) >= 40, 10_000)
    const settled = await connect(b)
    await publish(settled, 'other', { temperature: 1, boot: 'y', seq: 1 })
    await eventually(async () => (await countOf('other')) === 1)
    expect(await countOf('mover')).toBe(40)
    for (const node of [a, b]) {
      const device = await eventually(async () => {
        const answer = JSON.stringify((await exchange(`${node.http}/api/v1/devices`)).json)
        return answer.includes('"mover"') && answer
      })
      expect(device).not.toMatch(/"id":"mover"[^}]*"offline"/)
    }
  })
})

describe('requests over the limit', () => {
  test('are refused by every node, whichever took those before', async () => {
    const path = '/api/v1/sensor-data?deviceId=limited'
    const ask = async (node: Sluice) => (await exchange(`${node.http}${path}`)).status
    for (let at = 0; at < 1_000; at += 1) await ask(a)
    expect(await ask(a)).toBe(429)
    await eventually(async () => (await ask(b)) === 429)
  })
})

describe('readings', () => {
  test('are the newest on every node, whichever took them in', async () => {
    const newestAt = async (node: Sluice) =>
      JSON.stringify((await exchange(`${node.http}/api/v1/sensor-data?deviceId=roamer&limit=1`)).json)
    for (const [round, node] of [a, b, a, b].entries()) {
      const board = await connect(node, { clientId: 'roamer' })
      await publish(board, 'roamer', { temperature: 100 + round, boot: 'l', seq: round })
      for (const asked of [a, b])
        await eventually(async () => (await newestAt(asked)).includes(String(100 + round)))
    }
  })
})

describe('Redis', () => {
  test('that is away at the start is waited for, and taken up when it comes', async () => {
    const { dataDir, cleanup } = await freshDataDir()
    later(cleanup)
    // One that keeps what it is told: clients whose session it lost would be disconnected.
    const folder = `${dataDir}-redis`
    await mkdir(folder, { recursive: true })
    const own = await startRedis({ folder })
    later(own.stop)
    await own.kill()
    const settings = { DATA_DIR: dataDir, DATABASE_URL: database.url, REDIS_URL: own.url, CLUSTER: 'true' }
    let isListening = false
    const starting = startSluice(settings).then((node) => {
      isListening = true
      return node
    })
    await eventually(async () => {
      const { rows } = await database.pool.query(
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'sluice%'",
      )
      return rows[0].count > 0
    })
    expect(isListening).toBe(false)
    await own.restart()
    const node = await starting
    later(() => node.end('SIGTERM'))
    const board = await connect(node, { clientId: 'patient', clean: false })
    await publish(board, 'patient', { temperature: 1, boot: 'x', seq: 1 })
    await own.restart()
    await publish(board, 'patient', { temperature: 2, boot: 'x', seq: 2 })
    await eventually(async () => (await countOf('patient')) === 2)
    expect(board.connected).toBe(true)
  }, 60_000)
})

describe('settings', () => {
  test('CLUSTER=true says what it lacks', async () => {
    const { dataDir, cleanup } = await freshDataDir()
    later(cleanup)
    const { code, stderr, log } = await runSluice({ DATA_DIR: dataDir, CLUSTER: 'true' })
    expect(code).not.toBe(0)
    const said = stderr + JSON.stringify(log)
    expect(said).toContain('CLUSTER is true without REDIS_URL')
    expect(said).toContain('CLUSTER is true without DATABASE_URL')
  })
})

describe('a node that is killed', () => {
  test('leaves a spool that a command drains, though not while the node runs', async () => {
    const { dataDir, cleanup } = await freshDataDir()
    cleanups.push(cleanup)
    const node = await startNode(dataDir)
    const env = { DATABASE_URL: database.url }
    const command = ['spool', 'drain', '--dir', dataDir]
    expect(await sluice(command, { env })).toMatchObject({ code: 1, err: expect.stringContaining('in use') })
    const board = await connect(node, { clientId: 'left' })
    // Held back in Postgres, so that the readings are in the spool alone when the node dies.
    const holder = await database.pool.connect()
    await holder.query('BEGIN')
    await holder.query('LOCK TABLE ingest_cursor IN EXCLUSIVE MODE')
    for (let seq = 0; seq < 10; seq += 1) await publish(board, 'left', { temperature: seq, boot: 'x', seq })
    await node.end('SIGKILL')
    await holder.query('ROLLBACK')
    holder.release()
    // The board goes on at another node, with what it is not sure of.
    const again = await connect(b, { clientId: 'left' })
    for (let seq = 5; seq < 15; seq += 1) await publish(again, 'left', { temperature: seq, boot: 'x', seq })
    await eventually(async () => (await countOf('left')) === 10)
    const drained = await eventually(async () => {
      const result = await sluice(command, { env })
      return result.code === 0 && result
    })
    expect(drained.out).toBe('5 readings and 0 dead letters stored, 5 readings in the table already\n')
    expect(await countOf('left')).toBe(15)
    expect((await sluice(command, { env })).out).toContain('0 readings and 0 dead letters stored')
    expect(await sluice(['spool', 'drain', '--dir', '/nonexistent'], { env })).toMatchObject({ code: 1 })
  }, 60_000)
})
