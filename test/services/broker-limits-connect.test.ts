import { afterEach, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import {
  type BrokerRig,
  cleanUp,
  connectBoard,
  connectPacket,
  limitsHit,
  openBoard,
  publishPacket,
  serveUpgrades,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const openMany = (rig: BrokerRig, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const board = openBoard(cleanups, rig)
    board.send(connectPacket({ clientId: `b${index}` }))
    return board
  })

describe.each(['maxConnections', 'maxConnectionsPerAddress'] as const)('%s', (limit) => {
  test('are served, one more is closed unread, and one that ends makes room', async () => {
    const rig = await startBroker(cleanups, { options: { [limit]: 3 } })
    const hit = limitsHit(rig)
    const boards = []
    for (const clientId of ['a', 'b', 'c']) boards.push(await connectBoard(cleanups, rig, { clientId }))
    expect(hit).toEqual([])
    const more = openBoard(cleanups, rig)
    more.send(connectPacket({ clientId: 'd' }))
    await eventually(() => more.isClosed)
    expect(more.packets).toEqual([])
    expect(hit).toEqual([{ limit, address: '127.0.0.1' }])
    boards[0]?.socket.destroy()
    await eventually(() => rig.broker.connections === 2)
    await connectBoard(cleanups, rig, { clientId: 'd' })
    expect(rig.broker.connections).toBe(3)
  })

  test('count connections that say nothing, and WebSockets', async () => {
    const rig = await startBroker(cleanups, { options: { [limit]: 2 } })
    const hit = limitsHit(rig)
    const port = await serveUpgrades(cleanups, rig)
    const webSocket = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 0 })
    cleanups.push(() => webSocket.endAsync(true))
    const idle = openBoard(cleanups, rig)
    const more = openBoard(cleanups, rig)
    await eventually(() => more.isClosed)
    expect(idle.isClosed).toBe(false)
    expect(hit).toHaveLength(1)
  })
})

describe('CONNECTs over their rate', () => {
  test('are all answered, later, in the order in which they came', async () => {
    const rig = await startBroker(cleanups, { options: { connectRate: 4 } })
    const hit = limitsHit(rig)
    const order: string[] = []
    rig.broker.events.on('client:connected', ({ clientId }) => order.push(clientId))
    const clientIds = Array.from({ length: 12 }, (_, index) => `b${index}`)
    for (const [index, clientId] of clientIds.entries()) {
      openBoard(cleanups, rig).send(connectPacket({ clientId }))
      await eventually(() => order.length + hit.length > index)
    }
    expect(hit[0]).toEqual({ limit: 'connectRate', address: '127.0.0.1' })
    await eventually(() => order.length === clientIds.length)
    expect(order).toEqual(clientIds)
  })

  test('hold back what was sent behind them, and take it in then', async () => {
    const rig = await startBroker(cleanups, { options: { connectRate: 1 } })
    await connectBoard(cleanups, rig, { clientId: 'first' })
    const board = openBoard(cleanups, rig)
    board.send(connectPacket(), publishPacket(1, 1, { payload: 'x'.repeat(200_000) }))
    await settled(20)
    expect(rig.taken).toEqual([])
    await board.next('puback', 1)
    expect(board.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'puback'])
  })

  test('of clients that hang up leave their turn to the next', async () => {
    const rig = await startBroker(cleanups, { options: { connectRate: 1 } })
    const hit = limitsHit(rig)
    const boards = openMany(rig, 200)
    await eventually(() => hit.length === 199)
    for (const { socket } of boards) socket.destroy()
    await connectBoard(cleanups, rig, { clientId: 'patient' })
  })

  test('wait up to a number; one more is closed without an answer', async () => {
    const rig = await startBroker(cleanups, { options: { connectRate: 1, maxWaitingConnects: 2 } })
    const hit = limitsHit(rig)
    const refused: unknown[] = []
    rig.broker.events.on('connect:refused', ({ reason }) => refused.push(reason))
    const boards = openMany(rig, 4)
    await eventually(() => boards.filter(({ packets }) => packets.length === 1).length === 3)
    const closed = boards.filter(({ isClosed }) => isClosed)
    expect(closed.map(({ packets }) => packets)).toEqual([[]])
    expect(refused).toEqual(['too many clients wait to connect'])
    expect(hit.filter(({ limit }) => limit === 'maxWaitingConnects')).toHaveLength(1)
  })
})

test('a connection that sends a CONNECT byte by byte, or none, is closed in time and told of', async () => {
  const rig = await startBroker(cleanups, { options: { connectTimeoutMs: 100 } })
  const hit = limitsHit(rig)
  const silent = openBoard(cleanups, rig)
  const slow = openBoard(cleanups, rig)
  slow.socket.write(Buffer.of(0x10))
  await eventually(() => silent.isClosed && slow.isClosed)
  expect(hit).toEqual([1, 2].map(() => ({ limit: 'connectTimeoutMs', address: '127.0.0.1' })))
  const quick = await connectBoard(cleanups, rig)
  const later = openBoard(cleanups, rig)
  await eventually(() => later.isClosed)
  expect(quick.isClosed).toBe(false)
})

describe('a keepalive', () => {
  test.each([0, 60])(
    'of %i is held to the bound: closed after one and a half times that in silence',
    async (keepalive) => {
      const rig = await startBroker(cleanups, { options: { maxKeepaliveS: 0.1 } })
      const hit = limitsHit(rig)
      const board = await connectBoard(cleanups, rig, { keepalive })
      await eventually(() => board.isClosed)
      expect(hit).toEqual([{ limit: 'maxKeepaliveS', clientId: 'board', address: '127.0.0.1' }])
    },
  )

  test('within the bound is its own, and one that says something goes on', async () => {
    const rig = await startBroker(cleanups, { options: { maxKeepaliveS: 0.2 } })
    const talking = await connectBoard(cleanups, rig, { keepalive: 0, clientId: 'talking' })
    const silent = await connectBoard(cleanups, rig, { keepalive: 0, clientId: 'silent' })
    const beat = setInterval(() => talking.send({ cmd: 'pingreq' }), 20)
    cleanups.push(() => clearInterval(beat))
    await eventually(() => silent.isClosed)
    expect(talking.isClosed).toBe(false)
    const other = await startBroker(cleanups, { options: { maxKeepaliveS: 1 } })
    const hit = limitsHit(other)
    const own = await connectBoard(cleanups, other, { keepalive: 1 })
    await eventually(() => own.isClosed)
    expect(hit).toEqual([])
  })
})
