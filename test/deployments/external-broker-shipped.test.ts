/** Mosquitto on the shipped files, devices made by the command line, and the built program as the user `sluice`. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { exchange } from '../support/http-exchange.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { connectAs, type Login, type MosquittoWorld, mosquittoWorld } from '../support/mosquitto-world.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

let world: MosquittoWorld
let sluice: Sluice
let removeData: () => Promise<void>
const logins: Login[] = []
const KEY = 'a-key-of-the-test-only'

beforeAll(async () => {
  world = await mosquittoWorld(async ({ addDevice, addUser }) => {
    logins.push(
      await addUser('sluice', 'bridge'),
      await addDevice('porch'),
      await addUser('wall', 'dashboard'),
    )
  })
  const { dataDir, cleanup } = await freshDataDir()
  removeData = cleanup
  sluice = await startSluice({
    DATA_DIR: dataDir,
    DATABASE_URL: world.database.url,
    API_KEY: KEY,
    BROKER_URL: `mqtt://sluice:${logins[0]?.secret}@127.0.0.1:${world.mosquitto.ports.mqtt}`,
  })
}, 60_000)

afterAll(async () => {
  await sluice?.end('SIGTERM')
  await world?.end()
  await removeData?.()
})

const later = useCleanups()
const loginOf = (name: string): Login => {
  const login = logins.find((one) => one.name === name)
  if (login === undefined) throw new Error(`nobody is called ${name}`)
  return login
}
const connect = async (name: string) => {
  const connected = await connectAs(world.mosquitto.ports.mqtt, loginOf(name))
  later(() => connected.client.endAsync(true))
  return connected
}

test('a reading of a device with its secret is a row, acked, and what a dashboard sees', async () => {
  const board = await connect('porch')
  await board.client.subscribeAsync(['acks/porch', 'errors/porch', 'time/now'], { qos: 1 })
  const wall = await connect('wall')
  await wall.client.subscribeAsync('sensors/#')
  await mosquittoPub({
    port: world.mosquitto.ports.mqtt,
    login: loginOf('porch'),
    clientId: 'porch-pub',
    topic: 'sensors/porch/data',
    message: '{"temperature":21.5,"boot":"b","seq":1}',
  })
  const { rows } = await eventually(async () => {
    const found = await world.database.pool.query("SELECT * FROM sensor_data WHERE device_id = 'porch'")
    return found.rows.length > 0 && found
  }, 15_000)
  expect(rows).toMatchObject([{ temperature: 21.5, boot: 'b' }])
  await eventually(() => board.topics.includes('acks/porch') && board.topics.includes('time/now'), 15_000)
  await eventually(() => wall.topics.includes('sensors/porch/latest'), 15_000)
  expect(wall.topics).toContain('sensors/porch/data')
})

test('a command over REST reaches the device, and its ack completes it', async () => {
  const board = await connect('porch')
  await board.client.subscribeAsync('buzzer/porch/cmd', { qos: 1 })
  const headers = { 'X-API-Key': KEY, 'Content-Type': 'application/json' }
  const asked = await exchange(`${sluice.http}/api/v1/buzzer/request`, {
    method: 'POST',
    headers,
    body: '{"deviceId":"porch"}',
  })
  expect(asked.status).toBe(200)
  await eventually(() => board.topics.includes('buzzer/porch/cmd'), 15_000)
  await board.client.publishAsync('buzzer/porch/ack', '', { qos: 1 })
  await eventually(async () => {
    const sql = "SELECT status FROM buzzer_requests WHERE device_id = 'porch'"
    const { rows } = await world.database.pool.query<{ status: string }>(sql)
    return rows.some(({ status }) => status === 'completed')
  }, 15_000)
})

test('the access list refused nothing that Sluice needs', async () => {
  const metrics = await exchange(`${sluice.http}/metrics`, { headers: { 'X-API-Key': KEY } })
  expect(metrics.text).toMatch(/^sluice_external_connected 1$/m)
  expect(metrics.text).toMatch(/^sluice_external_subscriptions_refused_total 0$/m)
  expect(metrics.text).toMatch(/^sluice_external_publishes_refused_total 0$/m)
  expect(sluice.log.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
})
