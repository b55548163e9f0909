/** Devices and users of Sluice on a real Mosquitto with the shipped files, and what is not as in Sluice's own broker. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectAsync } from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { connectAs, type Login, type MosquittoWorld, mosquittoWorld } from '../support/mosquitto-world.ts'

let world: MosquittoWorld
let porch: Login
let attic: Login
let wall: Login

beforeAll(async () => {
  world = await mosquittoWorld(async ({ addDevice, addUser }) => {
    porch = await addDevice('porch')
    attic = await addDevice('dach "☃"')
    wall = await addUser('wall', 'dashboard')
  })
}, 60_000)
afterAll(() => world?.end())
const later = useCleanups()

const open = async (login: Login, options = {}) => {
  const opened = await connectAs(world.mosquitto.ports.mqtt, login, options)
  later(() => opened.client.endAsync(true))
  return opened
}
const watch = async () => {
  const watcher = await open(wall, { clientId: `wall-${Math.random()}` })
  await watcher.client.subscribeAsync('sensors/#', { qos: 1 })
  return watcher
}
const pub = (login: Login | undefined, topic: string, more = {}) =>
  mosquittoPub({
    port: world.mosquitto.ports.mqtt,
    ...(login !== undefined && { login }),
    topic,
    message: '{"temperature":1}',
    ...more,
  })

describe('a board made with the CLI', () => {
  test('logs in at Mosquitto with its secret and publishes on its own topic', async () => {
    const watcher = await watch()
    await pub(porch, 'sensors/porch/data')
    await pub(attic, 'sensors/dach "☃"/data')
    await eventually(() => watcher.topics.length === 2)
    expect(watcher.topics).toEqual(['sensors/porch/data', 'sensors/dach "☃"/data'])
  })

  test('does so over TLS and over WebSocket', async () => {
    const watcher = await watch()
    const { cafile } = world.folder
    await pub(porch, 'sensors/porch/data', { port: world.mosquitto.ports.tls, tls: { cafile } })
    await eventually(() => watcher.topics.length === 1)
    const options = { clientId: 'porch', username: 'porch', password: porch.secret, reconnectPeriod: 0 }
    const url = `ws://127.0.0.1:${world.mosquitto.ports.webSocket}/mqtt`
    const client = await connectAsync(url, options)
    later(() => client.endAsync(true))
    await client.publishAsync('sensors/porch/data', '{}', { qos: 1 })
    await eventually(() => watcher.topics.length === 2)
    const ca = await readFile(cafile)
    const secure = await connectAsync(`mqtts://localhost:${world.mosquitto.ports.tls}`, { ...options, ca })
    await secure.endAsync()
  })

  test('with another secret, or none, is refused on every listener', async () => {
    const { mqtt, tls, webSocket } = world.mosquitto.ports
    await expect(pub({ ...porch, secret: attic.secret }, 'sensors/porch/data')).rejects.toThrow(
      'not authorised',
    )
    await expect(pub(undefined, 'sensors/porch/data')).rejects.toThrow('not authorised')
    const ca = await readFile(world.folder.cafile)
    for (const url of [
      `mqtt://localhost:${mqtt}`,
      `mqtts://localhost:${tls}`,
      `ws://localhost:${webSocket}`,
    ]) {
      await expect(connectAsync(url, { ca, reconnectPeriod: 0 })).rejects.toThrow('Not authorized')
    }
  })

  test('may leave a will, and its status retained', async () => {
    const watcher = await watch()
    await watcher.client.subscribeAsync('devices/+/status', { qos: 1 })
    const board = await open(porch, {
      will: { topic: 'devices/porch/status', payload: Buffer.from('offline'), qos: 1, retain: true },
    })
    board.client.stream.destroy()
    await eventually(() => watcher.topics.includes('devices/porch/status'))
    const late = await watch()
    await late.client.subscribeAsync('devices/+/status', { qos: 1 })
    await eventually(() => late.messages.some(({ payload, retain }) => payload === 'offline' && retain))
  })
})

describe('where Mosquitto is not as the broker of Sluice', () => {
  test("a publish to another's topic is dropped: acked by 3.1.1, and told to MQTT 5 as not authorized", async () => {
    const watcher = await watch()
    await pub(porch, 'sensors/attic/data')
    const five = await open(porch, { protocolVersion: 5 })
    const bad = five.client.publishAsync('sensors/attic/data', '{}', { qos: 1 })
    await expect(bad).rejects.toThrow('Not authorized')
    await pub(porch, 'sensors/porch/data')
    await eventually(() => watcher.topics.length > 0)
    expect(watcher.topics).toEqual(['sensors/porch/data'])
    expect(watcher.messages).toHaveLength(1)
  })

  test('a subscription that reaches further is granted, and brings only what may be read', async () => {
    const board = await open(porch)
    const granted = await board.client.subscribeAsync('devices/#', { qos: 1 })
    expect(granted).toMatchObject([{ topic: 'devices/#', qos: 1 }])
    await pub(attic, 'devices/dach "☃"/heartbeat')
    await pub(porch, 'devices/porch/heartbeat', { clientId: 'porch-2' })
    await eventually(() => board.topics.includes('devices/porch/heartbeat'))
    expect(board.topics.filter((topic) => !topic.startsWith('devices/porch/'))).toEqual([])
  })

  test("who has any credential can end another's connection by its client id", async () => {
    const board = await open(porch)
    const closed = new Promise((resolve) => board.client.once('close', () => resolve(true)))
    await open(attic, { clientId: 'porch' })
    expect(await closed).toBe(true)
  })

  test('a reading that is published as retained stays retained', async () => {
    await pub(porch, 'sensors/porch/data', { retain: true })
    later(() =>
      mosquittoPub({
        port: world.mosquitto.ports.mqtt,
        login: porch,
        topic: 'sensors/porch/data',
        message: '',
        retain: true,
      }),
    )
    const watcher = await watch()
    await eventually(() => watcher.messages.some(({ retain }) => retain))
  })

  test('MQTT 5 and shared subscriptions are served', async () => {
    const five = { protocolVersion: 5 } as const
    const members = [
      await open(wall, { ...five, clientId: 'w1' }),
      await open(wall, { ...five, clientId: 'w2' }),
    ]
    for (const { client } of members) await client.subscribeAsync('$share/walls/sensors/#', { qos: 1 })
    for (let at = 0; at < 10; at += 1) await pub(porch, 'sensors/porch/data')
    await eventually(() => members.flatMap(({ topics }) => topics).length === 10)
    for (const { topics } of members) expect(topics.length).toBeGreaterThan(0)
  })

  test('a revoked credential counts until the files are written and read anew, and then its connection ends', async () => {
    const lost = await world.addDevice('lost')
    await world.exportAgain()
    await eventually(() => pub(lost, 'sensors/lost/data').then(() => true))
    const board = await open(lost, { clientId: 'lost-1' })
    const closed = new Promise((resolve) => board.client.once('close', () => resolve(true)))
    await world.command('device', 'revoke', 'lost')
    await pub(lost, 'sensors/lost/data')
    await world.exportAgain()
    expect(await closed).toBe(true)
    await expect(pub(lost, 'sensors/lost/data')).rejects.toThrow('not authorised')
    await pub(porch, 'sensors/porch/data')
  })
})
