/** Who may connect and do what, asked of the whole program on a public address, by every door. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mqtt, { type MqttClient } from 'mqtt'
import { sluice as runCommand } from '../support/cli.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { basic } from '../support/doorkeeper.ts'
import { openEventSocket } from '../support/event-socket.ts'
import { eventually } from '../support/eventually.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const cleanups: (() => Promise<unknown>)[] = []
let database: FreshDatabase
let sluice: Sluice
let secrets: { porch: string; cellar: string; dash: string; boss: string }

const command = async (line: string): Promise<string> => {
  const result = await runCommand(line.split(' '), {
    env: { DATABASE_URL: database.url, HOST: '127.0.0.1' },
  })
  if (result.code !== 0) throw new Error(`${line}: ${result.err}`)
  return result.out
}
const added = async (line: string): Promise<string> =>
  (JSON.parse(await command(`${line} --json`)) as { secret: string }).secret

beforeAll(async () => {
  database = await freshDatabase()
  cleanups.push(database.drop)
  secrets = {
    porch: await added('device add porch'),
    cellar: await added('device add cellar'),
    dash: await added('user add dash --role dashboard'),
    boss: await added('user add boss --role admin'),
  }
  const { dataDir, cleanup } = await freshDataDir()
  cleanups.push(cleanup)
  sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url, HOST: '0.0.0.0' })
  cleanups.push(() => sluice.end('SIGTERM'))
}, 60_000)
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
}, 60_000)

const local = (url: string): string => url.replace('0.0.0.0', '127.0.0.1')

const client = async (
  name: keyof typeof secrets,
  { url = `mqtt://127.0.0.1:${sluice.mqttPort}`, password = secrets[name], clientId = '' } = {},
): Promise<MqttClient> => {
  const isDevice = name === 'porch' || name === 'cellar'
  const made = await mqtt.connectAsync(url, {
    username: name,
    password,
    clientId: clientId === '' ? (isDevice ? name : `${name}-${Math.random()}`) : clientId,
    reconnectPeriod: 0,
  })
  cleanups.push(() => made.endAsync(true))
  return made
}

const heardBy = (listener: MqttClient): string[] => {
  const heard: string[] = []
  listener.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
  return heard
}

const ask = (path: string, headers: Readonly<Record<string, string>> = {}, body?: object) =>
  fetch(`${local(sluice.http)}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const rowsOf = async (deviceId: string): Promise<number> => {
  const { rows } = await database.pool.query('SELECT FROM sensor_data WHERE device_id = $1', [deviceId])
  return rows.length
}

test.each([
  ['nobody', { reconnectPeriod: 0 }, 5],
  ['a wrong secret', { username: 'porch', password: 'wrong', clientId: 'porch', reconnectPeriod: 0 }, 4],
])('%s does not come in', async (_, options, code) => {
  await expect(mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`, options)).rejects.toMatchObject({
    code,
  })
})

test('a client id is its device’s alone', async () => {
  await expect(client('porch', { clientId: 'other' })).rejects.toMatchObject({ code: 2 })
  await expect(client('boss', { clientId: 'porch' })).rejects.toMatchObject({ code: 2 })
})

test('a device sends for itself only; what it may not is acked, goes nowhere, and it is told', async () => {
  const porch = await client('porch')
  const heard = heardBy(porch)
  await porch.subscribeAsync('errors/porch', { qos: 1 })
  const boss = await client('boss')
  const seen = heardBy(boss)
  await boss.subscribeAsync('sensors/+/data')
  await porch.publishAsync('sensors/porch/data', '{"temperature":1}', { qos: 1, retain: true })
  await porch.publishAsync('sensors/cellar/data', '{"temperature":2}', { qos: 1 })
  await porch.publishAsync('sensors/cellar/data', '{"temperature":3}', { qos: 2 })
  await porch.publishAsync('sensors/porch/data', '{"temperature":4}', { qos: 1 })
  await eventually(async () => (await rowsOf('porch')) === 2)
  expect(seen).toEqual(['sensors/porch/data {"temperature":1}', 'sensors/porch/data {"temperature":4}'])
  expect(await rowsOf('cellar')).toBe(0)
  await eventually(() => heard.length === 2)
  expect(heard[0]).toContain('"topic":"sensors/cellar/data"')
  // Its retain flag was taken off: only what the table keeps is kept.
  const late = await client('boss')
  const kept = heardBy(late)
  await late.subscribeAsync('sensors/porch/#')
  await eventually(() => kept.some((line) => line.startsWith('sensors/porch/latest')))
  expect(kept.filter((line) => line.startsWith('sensors/porch/data'))).toEqual([])
  for (const each of [porch, boss, late]) await each.endAsync()
})

test('a subscription that reaches too far is refused, the others of its packet hold', async () => {
  const porch = await client('porch')
  const filters = ['errors/porch', 'errors/+', '#', '$SYS/#', 'buzzer/porch/cmd']
  await expect(porch.subscribeAsync(filters)).rejects.toMatchObject({
    packet: { granted: [0, 128, 128, 128, 0] },
  })
  const dash = await client('dash')
  await expect(dash.subscribeAsync(['sensors/#', '$SYS/#'])).rejects.toMatchObject({
    packet: { granted: [0, 128] },
  })
  for (const each of [porch, dash]) await each.endAsync()
})

test('over HTTP the same table holds', async () => {
  const reading = (deviceId: string) => ({ deviceId, temperature: 5 })
  const send = (headers: Readonly<Record<string, string>>, deviceId: string) =>
    ask('/api/v1/ingest/sensor-data', headers, reading(deviceId))
  expect((await send({}, 'porch')).status).toBe(401)
  expect((await send(basic('porch', 'wrong'), 'porch')).status).toBe(401)
  expect((await send(basic('porch', secrets.porch), 'cellar')).status).toBe(403)
  expect((await send(basic('porch', secrets.porch), 'porch')).status).toBe(200)
  expect((await ask('/api/v1/devices', basic('porch', secrets.porch))).status).toBe(403)
  expect((await ask('/api/v1/devices', basic('dash', secrets.dash))).status).toBe(200)
  expect((await ask('/metrics', basic('dash', secrets.dash))).status).toBe(403)
  expect((await ask('/metrics', basic('boss', secrets.boss))).status).toBe(200)
})

test('a page’s token opens MQTT over WebSocket, HTTP and the event socket, as its user', async () => {
  const answer = await ask('/api/v1/auth/token', basic('dash', secrets.dash), {})
  const { token } = (await answer.json()) as { token: string }
  const url = `${local(sluice.http).replace('http', 'ws')}/mqtt`
  const page = await client('dash', { url, password: token })
  expect((await page.subscribeAsync('sensors/+/latest')).map(({ qos }) => qos)).toEqual([0])
  expect((await ask('/api/v1/devices', { authorization: `Bearer ${token}` })).status).toBe(200)
  const socket = await openEventSocket(`${local(sluice.http).replace('http', 'ws')}/?token=${token}`)
  await socket.close()
  await expect(client('boss', { url, password: token })).rejects.toMatchObject({ code: 4 })
  await page.endAsync()
})

test('what is revoked is out at once, on every door, and its token with it', async () => {
  const cellar = await client('cellar')
  const dash = await client('dash')
  const answer = await ask('/api/v1/auth/token', basic('dash', secrets.dash), {})
  const { token } = (await answer.json()) as { token: string }
  const closed = Promise.all(
    [cellar, dash].map((each) => new Promise<void>((resolve) => each.once('close', () => resolve()))),
  )
  await command('device revoke cellar')
  await command('user revoke dash')
  await closed
  await expect(client('cellar')).rejects.toMatchObject({ code: 4 })
  expect((await ask('/api/v1/devices', { authorization: `Bearer ${token}` })).status).toBe(401)
  expect((await ask('/api/v1/devices', basic('dash', secrets.dash))).status).toBe(401)
  // Nobody else was sent away.
  await (await client('porch')).endAsync()
})

test('a removed user leaves its client ids to others, with nothing of its sessions', async () => {
  const password = await added('user add guest --role operator')
  const url = `mqtt://127.0.0.1:${sluice.mqttPort}`
  const kept = { clientId: 'hallway', clean: false, reconnectPeriod: 0 } as const
  const guest = await mqtt.connectAsync(url, { ...kept, username: 'guest', password })
  await guest.subscribeAsync('sensors/#', { qos: 1 })
  await guest.endAsync()
  const asBoss = { ...kept, username: 'boss', password: secrets.boss }
  await expect(mqtt.connectAsync(url, asBoss)).rejects.toMatchObject({ code: 2 })
  await command('user rm guest --yes')
  const boss = await eventually(() => mqtt.connectAsync(url, asBoss).catch(() => false as const))
  cleanups.push(() => boss.endAsync(true))
  const metrics = await ask('/metrics', basic('boss', secrets.boss))
  expect(await metrics.text()).toMatch(/^sluice_mqtt_sessions_removed_total 1$/m)
}, 30_000)
