import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer, connect as createSocket, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import mqttPacket from 'mqtt-packet'
import WebSocket, { createWebSocketStream, WebSocketServer } from 'ws'
import { createWriteCombiner } from '../../broker/combine-writes.ts'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { cleanUp, connectBoard, connectClient, publishPacket, startBroker } from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

/** Two ends of a TCP connection; the writes of the near one are combined and counted. */
const connectPair = async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const far = createSocket((server.address() as AddressInfo).port, '127.0.0.1')
  const near = await accepted
  server.close()
  cleanups.push(
    () => near.destroy(),
    () => far.destroy(),
  )
  const writes: number[] = []
  const through = near.write.bind(near) as (chunk: Buffer | string, ...rest: never[]) => boolean
  Object.assign(near, {
    write: (chunk: Buffer | string, ...rest: never[]) => {
      writes.push(Buffer.byteLength(chunk))
      return through(chunk, ...rest)
    },
  })
  createWriteCombiner()(near)
  const received: Buffer[] = []
  far.on('data', (chunk) => received.push(chunk))
  return { near, far, writes, received: () => Buffer.concat(received) }
}

describe('writes of one turn', () => {
  test('go out as one, in order, whatever they are made of', async () => {
    const { near, writes, received } = await connectPair()
    near.write(Buffer.of(1, 2, 3))
    near.write('äöü€😀')
    near.write('plain', 'utf8')
    near.write(Buffer.from('a longer piece'))
    mqttPacket.writeToStream({ cmd: 'puback', messageId: 7 }, near)
    const expected = Buffer.concat([
      Buffer.of(1, 2, 3),
      Buffer.from('äöü€😀plaina longer piece'),
      Buffer.of(0x40, 2, 0, 7),
    ])
    await eventually(() => received().length === expected.length)
    expect(received().equals(expected)).toBe(true)
    expect(writes).toEqual([expected.length])
  })

  test('keep their order around a big one, one in another encoding and one with a callback', async () => {
    const { near, received } = await connectPair()
    const big = randomBytes(300_000)
    let called = 0
    near.write('a')
    near.write(big)
    near.write('b')
    near.write('6363', 'hex')
    near.write('d')
    near.write(Buffer.from('e'), undefined, () => {
      called += 1
    })
    near.write('f')
    const expected = Buffer.concat([Buffer.from('a'), big, Buffer.from('bccdef')])
    await eventually(() => received().length === expected.length)
    expect(received().equals(expected)).toBe(true)
    expect(called).toBe(1)
  })

  test('are many when they are more than is gathered at once, and none is lost', async () => {
    const { near, writes, received } = await connectPair()
    const pieces = Array.from({ length: 10_000 }, (_, index) => Buffer.from(`${index};`))
    for (const piece of pieces) near.write(piece)
    const expected = Buffer.concat(pieces)
    await eventually(() => received().length === expected.length)
    expect(received().equals(expected)).toBe(true)
    expect(writes.length).toBeLessThan(50)
  })

  test('are sent before an end, also one with a last piece', async () => {
    const { near, far, received } = await connectPair()
    let ended = false
    far.on('end', () => {
      ended = true
    })
    near.write('gathered ')
    near.end('last')
    await eventually(() => ended)
    expect(received().toString()).toBe('gathered last')
  })

  test('to a connection that is destroyed go nowhere and throw nothing', async () => {
    const { near, received } = await connectPair()
    near.on('error', () => {})
    near.write('lost')
    near.destroy()
    near.write('lost too')
    await settled()
    expect(received().toString()).toBe('')
  })
})

test('a reader that is slow is told of: write answers false until the drain', async () => {
  const { near, far, received } = await connectPair()
  far.pause()
  const piece = Buffer.alloc(1_500, 'x')
  let sent = 0
  while (near.write(piece)) {
    sent += 1
    if (sent % 64 === 0) await settled(1)
    if (sent > 100_000) throw new Error('never full')
  }
  const drained = new Promise((resolve) => near.once('drain', resolve))
  far.resume()
  await drained
  expect(near.write('more')).toBe(true)
  await eventually(() => received().length === (sent + 1) * piece.length + 4)
})

test('a WebSocket stream is combined as a socket is', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  cleanups.push(() => server.close())
  server.on('connection', (webSocket) => {
    const stream = createWebSocketStream(webSocket)
    createWriteCombiner()(stream)
    stream.on('data', () => {
      for (const piece of ['a', 'b', 'c']) stream.write(piece)
      stream.write(Buffer.alloc(100_000, 'x'))
      stream.end('z')
    })
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  cleanups.push(() => client.terminate())
  const frames: string[] = []
  client.on('message', (frame) => frames.push(String(frame)))
  client.on('open', () => client.send('go'))
  await new Promise((resolve) => client.once('close', resolve))
  expect(frames.map((frame) => frame.length)).toEqual([3, 100_000, 1])
  expect(frames[0]).toBe('abc')
})

test('a message of megabytes reaches its subscriber whole, between small ones', async () => {
  const rig = await startBroker(cleanups)
  const client = await connectClient(cleanups, rig)
  const payloads: Buffer[] = []
  client.on('message', (_topic, payload) => payloads.push(payload))
  await client.subscribeAsync('frames/#', { qos: 0 })
  const board = await connectBoard(cleanups, rig)
  const big = randomBytes(3_000_000)
  const small = publishPacket(1, 1, { topic: 'frames/a', payload: 'small' })
  board.send(small)
  board.socket.write(
    mqttPacket.generate({
      cmd: 'publish',
      topic: 'frames/a',
      payload: big,
      qos: 0,
      dup: false,
      retain: false,
    }),
  )
  board.send({ ...small, messageId: 2 } as typeof small)
  await eventually(() => payloads.length === 3)
  expect(payloads.map(({ length }) => length)).toEqual([5, 3_000_000, 5])
  expect(payloads[1]?.equals(big)).toBe(true)
})
