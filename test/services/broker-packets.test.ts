import { afterEach, expect, test } from '@jest/globals'
import mqttPacket from 'mqtt-packet'
import { WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import {
  cleanUp,
  connectBoard,
  connectPacket,
  limitsHit,
  openBoard,
  payloads,
  publishPacket,
  serveUpgrades,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const KIB_100 = 102_400
const bytesOf = (payloadBytes: number): Buffer =>
  mqttPacket.generate(publishPacket(7, 1, { payload: 'x'.repeat(payloadBytes) }))

const setUp = async (maxLargeBytes = 3 * KIB_100) => {
  const options = { maxPacketBytes: 2 * KIB_100, maxLargeBytes }
  const rig = await startBroker(cleanups, { options })
  const errors: string[] = []
  rig.broker.events.on('client:error', ({ error }) => errors.push(error.message))
  const board = (clientId: string) => connectBoard(cleanups, rig, { clientId })
  return { rig, errors, board }
}

test('a packet over the bound ends its connection when its length is read, not when it is there', async () => {
  const { rig, errors, board } = await setUp()
  const sender = await board('a')
  sender.socket.write(bytesOf(2 * KIB_100).subarray(0, 100))
  await eventually(() => sender.isClosed)
  expect(errors).toEqual(['a packet over the limit of 204800 bytes'])
  expect(rig.taken).toEqual([])
})

test('packets up to the bound are taken in, one after the other on one connection', async () => {
  const { rig, board } = await setUp()
  const sender = await board('a')
  for (let count = 1; count <= 8; count += 1) {
    sender.socket.write(bytesOf(KIB_100))
    await eventually(() => rig.taken.length === count)
  }
  expect(payloads(rig).every(({ length }) => length === KIB_100)).toBe(true)
  expect(sender.isClosed).toBe(false)
})

test('large packets are received together up to a bound; the next sender is closed, small ones go on', async () => {
  const { rig, errors, board } = await setUp(170_000)
  const [first, second, third, small] = await Promise.all(['a', 'b', 'c', 'd'].map(board))
  const large = bytesOf(KIB_100)
  first?.socket.write(large.subarray(0, 60_000))
  second?.socket.write(large.subarray(0, 60_000))
  small?.send(publishPacket(1, 1, { payload: 'small' }))
  await eventually(() => rig.taken.length === 1)
  third?.socket.write(large.subarray(0, 60_000))
  await eventually(() => third?.isClosed)
  expect(errors).toEqual(['too many large packets at once'])
  // What ends, whole or not, makes room.
  first?.socket.write(large.subarray(60_000))
  await eventually(() => rig.taken.length === 2)
  second?.socket.destroy()
  await eventually(() => rig.broker.connections === 2)
  const later = await Promise.all(['e', 'f'].map(board))
  for (const each of later) each.socket.write(large.subarray(0, 60_000))
  small?.send(publishPacket(2, 1, { payload: 'small' }))
  await eventually(() => rig.taken.length === 3)
  for (const each of later) each.socket.write(large.subarray(60_000))
  await eventually(() => rig.taken.length === 5)
  expect(errors).toHaveLength(1)
})

test('what packets announce and do not send keeps no other sender out', async () => {
  const { rig, errors, board } = await setUp()
  for (const clientId of ['a', 'b', 'c', 'd']) {
    const slow = await board(clientId)
    slow.socket.write(bytesOf(10))
    await slow.next('puback', 7)
    slow.socket.write(bytesOf(KIB_100).subarray(0, 10))
  }
  const sender = await board('e')
  sender.socket.write(bytesOf(KIB_100))
  await sender.next('puback', 7)
  expect(errors).toEqual([])
  expect(rig.taken).toHaveLength(5)
})

test('a connection that begins with a large packet is ended; one behind the CONNECT is taken in', async () => {
  const { rig, board } = await setUp()
  const told = limitsHit(rig)
  const admitted = await board('a')
  for (const start of [Buffer.of(0x10, 0x80, 0x80, 0x05), bytesOf(KIB_100).subarray(0, 10)]) {
    const stranger = openBoard(cleanups, rig)
    stranger.socket.write(start)
    await eventually(() => stranger.isClosed)
  }
  expect(told.map(({ limit }) => limit)).toEqual(['maxPacketBytes', 'maxPacketBytes'])
  const eager = openBoard(cleanups, rig)
  eager.socket.write(Buffer.concat([mqttPacket.generate(connectPacket({ clientId: 'b' })), bytesOf(KIB_100)]))
  await eager.next('puback', 7)
  expect(admitted.isClosed).toBe(false)
})

test('a packet that comes byte by byte is taken in whole', async () => {
  const { rig, board } = await setUp()
  const sender = await board('a')
  const bytes = bytesOf(5_000)
  for (const byte of bytes) {
    sender.socket.write(Uint8Array.of(byte))
    await new Promise(setImmediate)
  }
  sender.send(publishPacket(8, 1, { payload: 'next' }))
  await eventually(() => rig.taken.length === 2)
  expect(payloads(rig)).toEqual(['x'.repeat(5_000), 'next'])
})

const openWebSocket = async (port: number): Promise<WebSocket> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt')
  socket.on('error', () => {}) // to be cut off is the rule here
  cleanups.push(() => socket.terminate())
  await new Promise((resolve) => socket.once('open', resolve))
  return socket
}

test('a WebSocket that begins with a large message is cut off; one behind the CONNECT is taken in', async () => {
  const { rig } = await setUp()
  const told = limitsHit(rig)
  const port = await serveUpgrades(cleanups, rig)
  const stranger = await openWebSocket(port)
  stranger.send(Buffer.alloc(KIB_100), { fin: false })
  await eventually(() => stranger.readyState === WebSocket.CLOSED)
  expect(told.map(({ limit }) => limit)).toEqual(['maxLargeBytes'])
  const eager = await openWebSocket(port)
  eager.send(mqttPacket.generate(connectPacket()))
  eager.send(bytesOf(KIB_100))
  await eventually(() => rig.taken.length === 1)
})

test('WebSocket messages without end share a bound, whoever sends them; the next over it is cut off', async () => {
  const { rig, board } = await setUp()
  const told = limitsHit(rig)
  const port = await serveUpgrades(cleanups, rig)
  let opened = 0
  const open = async (): Promise<WebSocket> => {
    const socket = await openWebSocket(port)
    opened += 1
    socket.send(mqttPacket.generate(connectPacket({ clientId: `ws${opened}` })))
    await new Promise((resolve) => socket.once('message', resolve))
    return socket
  }
  const untilRead = (socket: WebSocket) =>
    new Promise((resolve) => {
      socket.once('pong', resolve).ping()
    })
  const [first, second] = [await open(), await open()]
  for (const size of [KIB_100, KIB_100]) first.send(Buffer.alloc(size), { fin: false })
  await untilRead(first)
  expect(told).toEqual([])
  second.send(Buffer.alloc(1.5 * KIB_100), { fin: false })
  await eventually(() => second.readyState === WebSocket.CLOSED)
  expect(told).toEqual([{ limit: 'maxLargeBytes', address: expect.stringContaining('127.0.0.1') }])
  await untilRead(first)
  // What ends makes room.
  first.terminate()
  const small = await board('d')
  await eventually(async () => {
    const third = await open()
    third.send(Buffer.alloc(2.5 * KIB_100), { fin: false })
    return (
      (await Promise.race([
        untilRead(third).then(() => 'read'),
        new Promise((resolve) => third.once('close', resolve)),
      ])) === 'read'
    )
  })
  small.send(publishPacket(1, 1, { payload: 'small' }))
  await eventually(() => rig.taken.length === 1)
})
