import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Level, openLevel } from '../../bridge/stores/level-open.ts'
import { createEmbeddedBroker } from '../../broker/index.ts'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { cleanUp, connectBoard, connectClient, payloads, publishPacket, startBroker } from './broker-rig.ts'

const run = promisify(execFile)
const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const heldRig = async () => {
  const rig = await startBroker(cleanups)
  rig.control.hold = true
  return rig
}

describe('the ack of a QoS 1 message', () => {
  test('is held until the intake is done with it', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(7, 1))
    await eventually(() => rig.taken.length === 1)
    expect(rig.taken[0]).toMatchObject({ clientId: 'board', message: { topic: 'sensors/a/data', qos: 1 } })
    await settled(50)
    expect(board.packets.map(({ cmd }) => cmd)).toEqual(['connack'])
    rig.taken[0]?.done()
    await board.next('puback', 7)
  })

  test('is not in the way of others of the same board, each is sent when its own is done', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1), publishPacket(2, 1), publishPacket(3, 1))
    await eventually(() => rig.taken.length === 3)
    expect(payloads(rig)).toEqual(['1', '2', '3'])
    rig.taken[1]?.done()
    await board.next('puback', 2)
    expect(board.has('puback', 1)).toBe(false)
    rig.taken[0]?.done()
    rig.taken[2]?.done()
    await board.next('puback', 1)
    await board.next('puback', 3)
  })

  test('held does not keep a PINGRESP back', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1))
    await eventually(() => rig.taken.length === 1)
    board.send({ cmd: 'pingreq' })
    await board.next('pingresp')
    expect(board.has('puback')).toBe(false)
    rig.taken[0]?.done()
    await board.next('puback', 1)
  })

  test('is never sent when the intake refuses: the connection is closed and the board keeps its message', async () => {
    const rig = await heldRig()
    const refused: unknown[] = []
    rig.broker.events.on('client:error', ({ clientId, error }) => refused.push({ clientId, error }))
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1))
    await eventually(() => rig.taken.length === 1)
    const error = new Error('the spool is full')
    rig.taken[0]?.done(error)
    await eventually(() => board.isClosed)
    expect(board.has('puback')).toBe(false)
    expect(refused).toEqual([{ clientId: 'board', error }])
  })

  test('is never sent when the intake throws, and the broker lives on', async () => {
    const { db } = await openLevel({ folder: (await heldRig()).folder, what: 'sessions' })
    cleanups.push(() => db.close())
    const broker = createEmbeddedBroker({ sessions: db }, { port: 0 })
    cleanups.push(() => broker.stop())
    const address = await broker.start(() => {
      throw new Error('a broken intake')
    })
    const rig = { ...(await heldRig()), broker, address }
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1))
    await eventually(() => board.isClosed)
    expect(board.has('puback')).toBe(false)
    await connectBoard(cleanups, rig, { clientId: 'next' })
  })

  test('comes to a board that reconnects and sends again', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1))
    await eventually(() => rig.taken.length === 1)
    board.socket.destroy()
    rig.taken[0]?.done()
    rig.control.hold = false
    const again = await connectBoard(cleanups, rig)
    again.send(publishPacket(1, 1, { dup: true }))
    await again.next('puback', 1)
    expect(rig.taken).toHaveLength(2)
  })
})

describe('real clients', () => {
  test('mosquitto_pub ends well only once the intake is done', async () => {
    const rig = await heldRig()
    const { port } = rig.address
    let ended = false
    const publishing = run('mosquitto_pub', [
      ...['-h', '127.0.0.1', '-p', `${port}`, '-q', '1'],
      ...['-t', 'sensors/a/data', '-m', '{"temperature":21.5}'],
    ]).then(() => {
      ended = true
    })
    await eventually(() => rig.taken.length === 1)
    await settled(50)
    expect(ended).toBe(false)
    rig.taken[0]?.done()
    await publishing
    expect(payloads(rig)).toEqual(['{"temperature":21.5}'])
  })

  test('MQTT.js publishes at each QoS, a subscriber gets each once', async () => {
    const rig = await startBroker(cleanups)
    const subscriber = await connectClient(cleanups, rig)
    const got: string[] = []
    subscriber.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
    await subscriber.subscribeAsync('sensors/#', { qos: 2 })
    const client = await connectClient(cleanups, rig)
    for (const qos of [0, 1, 2] as const) await client.publishAsync('sensors/a/data', `${qos}`, { qos })
    await eventually(() => got.length === 3)
    expect(got).toEqual(['sensors/a/data 0', 'sensors/a/data 1', 'sensors/a/data 2'])
    expect(payloads(rig)).toEqual(['0', '1', '2'])
  })

  test('a thousand messages in flight are all taken in, in order, and acked', async () => {
    const rig = await startBroker(cleanups)
    const client = await connectClient(cleanups, rig)
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}`)
    await Promise.all(names.map((name) => client.publishAsync('sensors/a/data', name, { qos: 1 })))
    expect(payloads(rig)).toEqual(names)
  })

  test('a flood on a topic that nobody listens to is taken in whole and in order', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    const names = Array.from({ length: 5_000 }, (_, index) => `${index}`)
    for (let at = 0; at < names.length; at += 250) {
      board.send(
        ...names.slice(at, at + 250).map((payload) => publishPacket(0, 0, { topic: 'plain/x', payload })),
      )
    }
    board.send(publishPacket(1, 1, { topic: 'plain/x', payload: 'end' }))
    await board.next('puback', 1)
    expect(payloads(rig)).toEqual([...names, 'end'])
  })

  test('one that subscribes after a topic had no listener gets what follows', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1), publishPacket(2, 1))
    await board.next('puback', 2)
    const subscriber = await connectClient(cleanups, rig)
    const got: string[] = []
    subscriber.on('message', (_, payload) => got.push(payload.toString()))
    await subscriber.subscribeAsync('sensors/+/data', { qos: 1 })
    board.send(publishPacket(3, 1))
    await eventually(() => got.length === 1)
    await subscriber.unsubscribeAsync('sensors/+/data')
    board.send(publishPacket(4, 1))
    await board.next('puback', 4)
    await subscriber.subscribeAsync('sensors/a/data', { qos: 1 })
    board.send(publishPacket(5, 0))
    await eventually(() => got.length === 2)
    expect(got).toEqual(['3', '5'])
  })

  test('subscribers see a message only once it is durable', async () => {
    const rig = await heldRig()
    const subscriber = await connectClient(cleanups, rig)
    const got: string[] = []
    subscriber.on('message', (_, payload) => got.push(payload.toString()))
    await subscriber.subscribeAsync('sensors/#')
    const client = await connectClient(cleanups, rig)
    client.publish('sensors/a/data', 'x', { qos: 0 })
    await eventually(() => rig.taken.length === 1)
    await settled(50)
    expect(got).toEqual([])
    rig.taken[0]?.done()
    await eventually(() => got.length === 1)
  })
})

describe('the broker', () => {
  test('tells of connects and disconnects, and counts connections', async () => {
    const rig = await startBroker(cleanups)
    const told: string[] = []
    rig.broker.events.on('client:connected', ({ clientId, address }) => told.push(`+${clientId} ${address}`))
    rig.broker.events.on('client:disconnected', ({ clientId }) => told.push(`-${clientId}`))
    const board = await connectBoard(cleanups, rig)
    await eventually(() => told.length === 1)
    expect(rig.broker.connections).toBe(1)
    board.socket.destroy()
    await eventually(() => told.length === 2)
    expect(told).toEqual(['+board 127.0.0.1', '-board'])
    expect(rig.broker.connections).toBe(0)
  })

  test('a second connection of one client id ends the first, in this order', async () => {
    const rig = await startBroker(cleanups)
    const told: string[] = []
    rig.broker.events.on('client:connected', () => told.push('+'))
    rig.broker.events.on('client:disconnected', () => told.push('-'))
    const first = await connectBoard(cleanups, rig)
    await connectBoard(cleanups, rig)
    await eventually(() => first.isClosed)
    await eventually(() => told.length === 3)
    expect(told).toEqual(['+', '-', '+'])
  })

  test('refuses a publish to $SYS and closes the connection', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1, { topic: '$SYS/broker/version' }))
    await eventually(() => board.isClosed)
    expect(board.has('puback')).toBe(false)
    expect(rig.taken).toEqual([])
  })

  test('closes a connection that talks no MQTT, tells of it, and goes on', async () => {
    const rig = await startBroker(cleanups)
    const errors: unknown[] = []
    rig.broker.events.on('client:error', ({ clientId }) => errors.push(clientId))
    const board = await connectBoard(cleanups, rig)
    board.socket.write('GET / HTTP/1.1\r\n\r\n')
    await eventually(() => board.isClosed)
    expect(errors).toEqual(['board'])
    await connectBoard(cleanups, rig)
  })

  test('closes a connection that never says CONNECT', async () => {
    const rig = await startBroker(cleanups, { options: { connectTimeoutMs: 50 } })
    const errors: unknown[] = []
    rig.broker.events.on('client:error', ({ clientId }) => errors.push(clientId))
    const { connect } = await import('node:net')
    const socket = connect(rig.address.port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    await new Promise((resolve) => socket.resume().once('close', resolve))
    expect(errors).toEqual([null])
  })

  test('publishes to subscribers, retained when asked, past the intake', async () => {
    const rig = await startBroker(cleanups)
    const client = await connectClient(cleanups, rig)
    const got: string[] = []
    client.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
    await client.subscribeAsync('errors/#')
    rig.broker.publish('errors/a', 'no')
    rig.broker.publish('time/now', '1', { retain: true })
    await eventually(() => got.length === 1)
    await client.subscribeAsync('time/now')
    await eventually(() => got.length === 2)
    expect(got).toEqual(['errors/a no', 'time/now 1'])
    expect(rig.taken).toEqual([])
  })

  test('rejects a port that is taken, and can be stopped all the same', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => other.close())
    const address = other.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    await expect(startBroker(cleanups, { options: { port } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('keeps 127.0.0.1 when not told otherwise, and tells the port it got', async () => {
    const rig = await startBroker(cleanups)
    expect(rig.address.host).toBe('127.0.0.1')
    expect(rig.address.port).toBeGreaterThan(0)
  })
})

describe('stopping the broker', () => {
  test('with acks held closes the connections and never sends them', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(1, 1), publishPacket(2, 2), publishPacket(3, 0))
    await eventually(() => rig.taken.length === 3)
    await rig.stop()
    await eventually(() => board.isClosed)
    for (const { done } of rig.taken) done()
    await settled(50)
    expect(board.packets.map(({ cmd }) => cmd)).toEqual(['connack'])
  })

  test('does not wait for a peer that reads nothing and closes nothing', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    board.socket.pause()
    await rig.broker.stop()
    expect(rig.broker.connections).toBe(0)
  })

  test('is the same for all who ask, and closes the port', async () => {
    const rig = await startBroker(cleanups)
    await Promise.all([rig.broker.stop(), rig.broker.stop()])
    await expect(
      connectClient(cleanups, rig, { connectTimeout: 500, reconnectPeriod: 0 }),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('before it was started is no error', async () => {
    const broker = createEmbeddedBroker({ sessions: {} as Level })
    await expect(broker.stop()).resolves.toBeUndefined()
  })

  test('makes a publish of a part that is late no error', async () => {
    const rig = await startBroker(cleanups)
    await rig.stop()
    rig.broker.publish('time/now', '1', { retain: true })
    await settled()
  })
})
