import { afterEach, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import {
  cleanUp,
  connectBoard,
  connectClient,
  payloads,
  publishPacket,
  serveUpgrades,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

describe('a retained message', () => {
  test('passes the intake and is kept for later subscribers', async () => {
    const rig = await startBroker(cleanups)
    const client = await connectClient(cleanups, rig)
    await client.publishAsync('devices/a/status', 'online', { qos: 1, retain: true })
    expect(rig.taken[0]?.message).toMatchObject({ retain: true, topic: 'devices/a/status' })
    const got: string[] = []
    const later = await connectClient(cleanups, rig)
    later.on('message', (topic, payload, { retain }) => got.push(`${topic} ${payload} ${retain}`))
    await later.subscribeAsync('devices/+/status')
    await eventually(() => got.length === 1)
    expect(got).toEqual(['devices/a/status online true'])
  })

  test('survives a restart of the broker', async () => {
    const rig = await startBroker(cleanups)
    const client = await connectClient(cleanups, rig)
    await client.publishAsync('devices/a/status', 'online', { qos: 1, retain: true })
    await rig.stop()
    const next = await startBroker(cleanups, { folder: rig.folder })
    const later = await connectClient(cleanups, next)
    const got: string[] = []
    later.on('message', (_, payload) => got.push(payload.toString()))
    await later.subscribeAsync('devices/a/status')
    await eventually(() => got.length === 1)
    expect(got).toEqual(['online'])
  })
})

describe('a kept session', () => {
  test('gets after a restart of the broker what was published while it was away', async () => {
    const rig = await startBroker(cleanups)
    const options = { clientId: 'app', clean: false }
    const app = await connectClient(cleanups, rig, options)
    await app.subscribeAsync('buzzer/a/cmd', { qos: 1 })
    await app.endAsync()
    const other = await connectClient(cleanups, rig)
    await other.publishAsync('buzzer/a/cmd', 'beep', { qos: 1 })
    await rig.stop()
    const next = await startBroker(cleanups, { folder: rig.folder })
    const got: string[] = []
    const again = mqtt.connect(`mqtt://127.0.0.1:${next.address.port}`, { ...options, reconnectPeriod: 0 })
    cleanups.push(() => again.endAsync(true).catch(() => undefined))
    again.on('message', (_, payload) => got.push(payload.toString()))
    const present = await new Promise((resolve) =>
      again.once('connect', (ack) => resolve(ack.sessionPresent)),
    )
    expect(present).toBe(true)
    await eventually(() => got.length === 1)
    next.broker.publish('buzzer/a/cmd', 'again', { qos: 1 })
    await eventually(() => got.length === 2)
    expect(got).toEqual(['beep', 'again'])
  })
})

describe('a will', () => {
  const will = {
    topic: 'devices/board/status',
    payload: Buffer.from('offline'),
    qos: 1 as const,
    retain: true,
  }

  test('of a board that goes without a word passes the intake and is published', async () => {
    const rig = await startBroker(cleanups)
    const watcher = await connectClient(cleanups, rig)
    const got: string[] = []
    watcher.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
    await watcher.subscribeAsync('devices/+/status')
    const board = await connectBoard(cleanups, rig, { will })
    board.socket.destroy()
    await eventually(() => got.length === 1)
    expect(got).toEqual(['devices/board/status offline'])
    expect(rig.taken).toMatchObject([{ clientId: 'board', message: { topic: 'devices/board/status' } }])
  })

  test('reaches the intake before the end of the connection is told', async () => {
    const rig = await startBroker(cleanups)
    const before: number[] = []
    rig.broker.events.on('client:disconnected', () => before.push(rig.taken.length))
    const board = await connectBoard(cleanups, rig, { will })
    board.socket.destroy()
    await eventually(() => before.length === 1)
    expect(before).toEqual([1])
  })

  test('of a board that says goodbye is not published', async () => {
    const rig = await startBroker(cleanups)
    const gone: string[] = []
    rig.broker.events.on('client:disconnected', ({ clientId }) => gone.push(clientId))
    const board = await connectBoard(cleanups, rig, { will })
    board.send({ cmd: 'disconnect' })
    await eventually(() => gone.length === 1)
    await settled(20)
    expect(rig.taken).toEqual([])
  })

  test('that the intake refuses is not published, and nothing else happens', async () => {
    const rig = await startBroker(cleanups)
    rig.control.failWith = new Error('stopping')
    const board = await connectBoard(cleanups, rig, { will })
    board.socket.destroy()
    await eventually(() => rig.taken.length === 1)
    rig.control.failWith = undefined
    const watcher = await connectClient(cleanups, rig)
    const got: string[] = []
    watcher.on('message', (topic) => got.push(topic))
    await watcher.subscribeAsync('devices/+/status', { qos: 1 })
    await watcher.publishAsync('devices/other/status', 'x', { qos: 1 })
    await eventually(() => got.length === 1)
    expect(got).toEqual(['devices/other/status'])
  })
})

describe('MQTT over WebSocket', () => {
  test('is served by the upgrade of an HTTP server, and its acks are held as well', async () => {
    const rig = await startBroker(cleanups)
    const port = await serveUpgrades(cleanups, rig)
    const client = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 0 })
    cleanups.push(() => client.endAsync(true))
    rig.control.hold = true
    let acked = false
    const publishing = client.publishAsync('sensors/a/data', 'x', { qos: 1 }).then(() => {
      acked = true
    })
    await eventually(() => rig.taken.length === 1)
    await settled(50)
    expect(acked).toBe(false)
    rig.taken[0]?.done()
    await publishing
  })

  test('tells the address it comes from', async () => {
    const rig = await startBroker(cleanups)
    const port = await serveUpgrades(cleanups, rig)
    const addresses: string[] = []
    rig.broker.events.on('client:connected', ({ address }) => addresses.push(address))
    const client = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt?x=1`, { reconnectPeriod: 0 })
    cleanups.push(() => client.endAsync(true))
    await eventually(() => addresses.length === 1)
    expect(addresses).toEqual(['127.0.0.1'])
  })

  test('meets TCP at the same topics', async () => {
    const rig = await startBroker(cleanups)
    const port = await serveUpgrades(cleanups, rig)
    const dashboard = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 0 })
    cleanups.push(() => dashboard.endAsync(true))
    const got: string[] = []
    dashboard.on('message', (_, payload) => got.push(payload.toString()))
    await dashboard.subscribeAsync('sensors/#')
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1, { payload: 'hello' }))
    await eventually(() => got.length === 1)
    expect(payloads(rig)).toEqual(got)
  })

  test('with a frame that is too large is closed, and the broker goes on', async () => {
    const rig = await startBroker(cleanups, { options: { maxFrameBytes: 1_000 } })
    const port = await serveUpgrades(cleanups, rig)
    const client = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 0 })
    cleanups.push(() => client.endAsync(true))
    client.on('error', () => {})
    const closed = new Promise((resolve) => client.once('close', () => resolve(true)))
    client.publish('sensors/a/data', 'x'.repeat(100_000))
    expect(await closed).toBe(true)
    await connectClient(cleanups, rig)
    expect(rig.taken).toEqual([])
  })
})
