/** A real Mosquitto that hands on to Sluice's embedded broker, on the shipped bridge.conf. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import {
  connectAs,
  type Login,
  type MosquittoWorld,
  mosquittoWorld,
  type TestClient,
} from '../support/mosquitto-world.ts'
import { shippedConf } from '../support/shipped-mosquitto.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

let world: MosquittoWorld
let sluice: Sluice
let removeData: () => Promise<void>
let porch: Login
let root: Login

const later = useCleanups()

/** As the comment at the end of the file says to have latest values come back. */
const BACK = { 'topic sensors/#': 'topic sensors/+/data out 1\ntopic sensors/+/latest in 0' }

describe.each([
  ['as shipped', {}],
  ['with latest values that come back', BACK],
] as const)('a bridge %s', (_, lines: Readonly<Record<string, string>>) => {
  beforeAll(async () => {
    let link: Login = { name: '', secret: '' }
    const data = await freshDataDir()
    removeData = data.cleanup
    world = await mosquittoWorld(
      async ({ addDevice, addUser }) => {
        porch = await addDevice('porch')
        root = await addUser('root', 'admin')
        link = await addUser('mosquitto', 'bridge')
      },
      async (url) => {
        sluice = await startSluice({ DATA_DIR: data.dataDir, DATABASE_URL: url })
        const more = await shippedConf('bridge.conf', {
          address: `address 127.0.0.1:${sluice.mqttPort}`,
          remote_username: `remote_username ${link.name}`,
          remote_password: `remote_password ${link.secret}`,
          ...lines,
        })
        return { more }
      },
    )
  }, 90_000)
  afterAll(async () => {
    await sluice?.end('SIGTERM')
    await world?.end()
    await removeData?.()
  })

  const watch = async (port: number, clientId: string, ...filters: string[]): Promise<TestClient> => {
    const watcher = await connectAs(port, root, { clientId })
    later(() => watcher.client.endAsync(true))
    await watcher.client.subscribeAsync(filters, { qos: 1 })
    return watcher
  }
  const pub = (topic: string, message: string, more = {}): Promise<void> =>
    mosquittoPub({ port: world.mosquitto.ports.mqtt, login: porch, topic, message, ...more })
  const rows = async () => {
    const text = "SELECT seq::int AS seq FROM sensor_data WHERE device_id = 'porch' ORDER BY seq"
    return (await world.database.pool.query<{ seq: number }>(text)).rows.map(({ seq }) => seq)
  }
  const reading = (seq: number): string => JSON.stringify({ temperature: seq, boot: 'b1', seq })
  const getJson = async (path: string) => (await fetch(`${sluice.http}${path}`)).json()
  /** A counter of /metrics. */
  const metric = async (series: string): Promise<number> => {
    const text = await (await fetch(`${sluice.http}/metrics`)).text()
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length + 1) ?? 0,
    )
  }

  test('makes a reading at Mosquitto a row, once, which does not go round', async () => {
    const here = await watch(world.mosquitto.ports.mqtt, 'here', 'sensors/#')
    const there = await watch(sluice.mqttPort, 'there', 'sensors/#')
    for (const seq of [1, 2, 3]) await pub('sensors/porch/data', reading(seq))
    await eventually(async () => (await rows()).length === 3, 15_000)
    // What goes round would have come by the time a later one has.
    await pub('sensors/porch/data', reading(4))
    await eventually(async () => (await rows()).length === 4)
    const isNewest = ({ topic, payload }: { readonly topic: string; readonly payload: string }): boolean =>
      topic === 'sensors/porch/latest' && payload.includes('"temperature":4')
    for (const { messages } of lines === BACK ? [here, there] : [there]) {
      await eventually(() => messages.some(isNewest))
    }
    expect(await rows()).toEqual([1, 2, 3, 4])
    for (const { messages } of [here, there]) {
      const data = messages.filter(({ topic }) => topic === 'sensors/porch/data')
      expect(data.map(({ payload }) => payload)).toEqual([1, 2, 3, 4].map(reading))
    }
    expect(await getJson('/api/v1/system/balance')).toMatchObject({
      data: { total: { received: 4, stored: 4, deduplicated: 0, remainder: 0 } },
    })
    expect(await metric('sluice_mqtt_denied_total{action="publish"}')).toBe(0)
  })

  test('brings a board what Sluice has for it, and its answers back, once', async () => {
    const board = await connectAs(world.mosquitto.ports.mqtt, porch)
    later(() => board.client.endAsync(true))
    await board.client.subscribeAsync(['buzzer/porch/cmd', 'errors/porch', 'time/now'], { qos: 1 })
    const there = await watch(sluice.mqttPort, 'there-2', 'buzzer/#')
    await eventually(() => board.topics.includes('time/now'), 15_000)
    const beep = await fetch(`${sluice.http}/api/v1/buzzer/request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: 'porch' }),
    })
    expect(beep.status).toBe(200)
    const command = await eventually(() => board.messages.find(({ topic }) => topic === 'buzzer/porch/cmd'))
    const { requestId } = JSON.parse(command.payload) as { requestId: string }
    await board.client.publishAsync('buzzer/porch/ack', JSON.stringify({ requestId }), { qos: 1 })
    await eventually(() => there.topics.includes('buzzer/porch/ack'))
    await board.client.publishAsync('sensors/porch/data', '{"temperature":"warm"}', { qos: 1 })
    await eventually(() => board.topics.includes('errors/porch'))
    const commands = (from: TestClient): number =>
      from.topics.filter((topic) => topic === 'buzzer/porch/cmd').length
    expect([commands(board), commands(there)]).toEqual([1, 1])
  })

  test('has readings of a time when Sluice was away be rows when it is back', async () => {
    const before = await rows()
    const { port, dataDir } = { port: sluice.mqttPort, dataDir: sluice.dataDir }
    await sluice.end('SIGTERM')
    for (const seq of [11, 12, 13]) await pub('sensors/porch/data', reading(seq))
    sluice = await startSluice({
      DATA_DIR: dataDir,
      DATABASE_URL: world.database.url,
      MQTT_PORT: String(port),
    })
    await eventually(async () => (await rows()).length === before.length + 3, 60_000)
    expect(await rows()).toEqual([...before, 11, 12, 13])
    // A link that is made anew is sent what is retained: nothing of that is what Sluice itself has said.
    expect(await metric('sluice_mqtt_denied_total{action="publish"}')).toBe(0)
  }, 90_000)

  test('leaves a board free to go over to Sluice and back, with the same secret', async () => {
    const before = await rows()
    await pub('sensors/porch/data', reading(21), { port: sluice.mqttPort })
    await pub('sensors/porch/data', reading(22))
    await eventually(async () => (await rows()).length === before.length + 2)
    expect(await rows()).toEqual([...before, 21, 22])
  })

  test('may speak for boards, and do nothing else', async () => {
    const link = await world.addUser('other-link', 'bridge')
    const { client } = await connectAs(sluice.mqttPort, link)
    later(() => client.endAsync(true))
    for (const filter of ['sensors/#', 'devices/+/status', '#']) {
      await expect(client.subscribeAsync(filter)).rejects.toThrow('Subscribe error')
    }
    expect(await client.subscribeAsync('buzzer/+/cmd')).toMatchObject([{ qos: 0 }])
    const there = await watch(sluice.mqttPort, 'there-3', '#')
    await client.publishAsync('buzzer/porch/cmd', 'ON', { qos: 1 })
    await client.publishAsync('sensors/porch/latest', '{}', { qos: 1 })
    await client.publishAsync('cameras/porch/frame', 'no picture', { qos: 1 })
    await eventually(() => there.topics.includes('cameras/porch/frame'))
    expect(there.topics).not.toContain('buzzer/porch/cmd')
    expect(there.messages).not.toContainEqual({ topic: 'sensors/porch/latest', payload: '{}', retain: false })
  })
})
