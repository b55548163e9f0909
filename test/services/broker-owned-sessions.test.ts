import { afterEach, describe, expect, test } from '@jest/globals'
import type { Identity } from '../../bridge/index.ts'
import { createDeferred, settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, BOARD, credentialsOf, DASHBOARD, OPERATOR, tablePolicy } from './broker-policy.ts'
import {
  type BrokerRig,
  cleanUp,
  connectBoard,
  connectPacket,
  openBoard,
  publishPacket,
  type RawBoard,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const policy = tablePolicy([BOARD, DASHBOARD, OPERATOR, ADMIN])
const ANONYMOUS: Identity = { role: 'anonymous', name: '' }
const KEPT = { clean: false, clientId: 'shared' } as const

type Connect = Parameters<typeof connectPacket>[0]

const connectAs = (rig: BrokerRig, identity: Identity, connect: Connect = {}) =>
  connectBoard(cleanups, rig, { ...credentialsOf(identity), ...KEPT, ...connect })

/** The return code of its CONNACK, when it has no connection then. */
const refusedAs = async (rig: BrokerRig, identity: Identity, connect: Connect) => {
  const board = openBoard(cleanups, rig)
  board.send(connectPacket({ ...credentialsOf(identity), ...KEPT, ...connect }))
  const connack = await board.next('connack')
  await eventually(() => board.isClosed)
  return connack.cmd === 'connack' && connack.returnCode
}

const subscribe = async (board: RawBoard, ...topics: readonly string[]) => {
  board.send({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) })
  await board.next('suback', 1)
}

const leave = async (rig: BrokerRig, board: RawBoard) => {
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
}

/** Publishes, and waits until each is queued for all who are away: PUBREC comes after that. */
const publishAll = async (rig: BrokerRig, ...topics: readonly string[]) => {
  const sender = await connectBoard(cleanups, rig, { ...credentialsOf(ADMIN), clientId: 'sender' })
  for (const [index, topic] of topics.entries()) {
    sender.send(publishPacket(index + 1, 2, { topic }))
    await sender.next('pubrec', index + 1)
  }
  sender.socket.destroy()
  await eventually(() => sender.isClosed)
}

const sent = (board: RawBoard) =>
  board.packets.flatMap((packet) => (packet.cmd === 'publish' ? [packet.topic] : []))

/** What it is sent until a PINGRESP: all that its session held, and what came meanwhile. */
const topicsSent = async (board: RawBoard) => {
  board.send({ cmd: 'pingreq' })
  await board.next('pingresp')
  return sent(board)
}

describe('a kept session', () => {
  test.each(['at once', 'after a restart'])('is given to whom it belongs %s', async (when) => {
    const first = await startBroker(cleanups, { policy })
    const board = await connectAs(first, DASHBOARD)
    await subscribe(board, 'devices/#')
    await leave(first, board)
    await publishAll(first, 'devices/a/status')
    if (when !== 'at once') await first.stop()
    const rig = when === 'at once' ? first : await startBroker(cleanups, { policy, folder: first.folder })
    const back = await connectAs(rig, DASHBOARD)
    expect(back.packets[0]).toMatchObject({ sessionPresent: true })
    await eventually(() => sent(back).length === 1)
    expect(sent(back)).toEqual(['devices/a/status'])
  })

  test.each([
    ['away', 'at once'],
    ['away', 'after a restart'],
    ['connected', 'at once'],
  ])('of another, %s, is neither given nor lost to who comes with its client id %s', async (state, when) => {
    const first = await startBroker(cleanups, { policy })
    const board = await connectAs(first, ADMIN)
    await subscribe(board, 'devices/#', '#')
    if (state === 'away') await leave(first, board)
    if (when !== 'at once') await first.stop()
    const rig = when === 'at once' ? first : await startBroker(cleanups, { policy, folder: first.folder })
    for (const clean of [false, true]) expect(await refusedAs(rig, OPERATOR, { clean })).toBe(2)
    await publishAll(rig, 'devices/b/status')
    const back = state === 'away' ? await connectAs(rig, ADMIN) : board
    await eventually(() => sent(back).length === 1)
    expect(sent(back)).toEqual(['devices/b/status'])
  })

  test('of nobody is given up when somebody takes its client id', async () => {
    const rig = await startBroker(cleanups, { policy: tablePolicy([ANONYMOUS, OPERATOR]) })
    const board = await connectAs(rig, ANONYMOUS)
    await subscribe(board, 'devices/#')
    await leave(rig, board)
    const other = await connectAs(rig, OPERATOR)
    expect(other.packets[0]).toMatchObject({ returnCode: 0, sessionPresent: false })
    expect(await refusedAs(rig, ANONYMOUS, {})).toBe(2)
  })

  test('under the id of a device is given up when the device comes', async () => {
    const rig = await startBroker(cleanups, { policy })
    const user = await connectAs(rig, ADMIN, { clientId: BOARD.name })
    await subscribe(user, '#')
    const board = await connectAs(rig, BOARD, { clientId: BOARD.name })
    expect(board.packets[0]).toMatchObject({ returnCode: 0, sessionPresent: false })
    await eventually(() => user.isClosed)
    expect(await refusedAs(rig, ADMIN, { clientId: BOARD.name })).toBe(2)
  })

  test('whose client has lost a right keeps the rest: neither its filter nor what waited for it comes back', async () => {
    const first = await startBroker(cleanups, { policy })
    const board = await connectAs(first, ADMIN)
    await subscribe(board, 'secret/x', 'devices/#')
    await leave(first, board)
    await publishAll(first, 'secret/x', 'devices/a/status')
    await first.stop()
    const lesser = tablePolicy([{ ...ADMIN, role: 'operator' }])
    const rig = await startBroker(cleanups, { policy: lesser, folder: first.folder })
    const denied: unknown[] = []
    rig.broker.events.on('subscribe:denied', ({ filter }) => denied.push(filter))
    const back = await connectAs(rig, ADMIN)
    await eventually(() => sent(back).length === 1)
    for (const topic of ['secret/x', 'devices/b/status']) rig.broker.publish(topic, 'x', { qos: 1 })
    await eventually(() => sent(back).length === 2)
    expect(await topicsSent(back)).toEqual(['devices/a/status', 'devices/b/status'])
    expect(denied).toEqual(['secret/x'])
    await leave(rig, back)
    await rig.stop()
    // It is gone from the session, and comes back with the right to it only when it is asked for.
    const again = await startBroker(cleanups, { policy, folder: first.folder })
    const told: unknown[] = []
    again.broker.events.on('client:subscribed', ({ topics }) => told.push(topics))
    await connectAs(again, ADMIN)
    await eventually(() => told.length === 1)
    expect(told).toEqual([['devices/#']])
  })
})

test('a client id that another has a connection under is not taken over', async () => {
  const rig = await startBroker(cleanups, { policy })
  const board = await connectAs(rig, DASHBOARD, { clean: true })
  expect(await refusedAs(rig, OPERATOR, { clean: true })).toBe(2)
  await topicsSent(board)
  const again = await connectAs(rig, DASHBOARD, { clean: true })
  await eventually(() => board.isClosed)
  await topicsSent(again)
  expect(await refusedAs(rig, OPERATOR, { clean: true })).toBe(2)
})

describe('who is put out', () => {
  test('is disconnected at once, counted, and nobody else', async () => {
    const rig = await startBroker(cleanups, { policy })
    const board = await connectBoard(cleanups, rig, credentialsOf(BOARD))
    const other = await connectBoard(cleanups, rig, credentialsOf(DASHBOARD))
    expect(rig.broker.disconnect(({ name }, clientId) => name === 'board' && clientId === 'board')).toBe(1)
    await eventually(() => board.isClosed)
    await topicsSent(other)
    expect(rig.broker.disconnect(({ name }) => name === 'board')).toBe(0)
    expect(rig.broker.connections).toBe(1)
  })

  test('while being admitted is asked about again', async () => {
    const answers = [createDeferred(), createDeferred()]
    let asked = 0
    const admit: typeof policy.admit = async (request) => {
      const turn = asked++
      await answers[turn]?.promise
      return turn === 0 ? policy.admit(request) : { ok: false, code: 4, reason: 'revoked' }
    }
    const rig = await startBroker(cleanups, { policy: { ...policy, admit } })
    const board = openBoard(cleanups, rig)
    board.send(connectPacket(credentialsOf(BOARD)))
    await eventually(() => asked === 1)
    rig.broker.disconnect(({ name }) => name === 'board')
    answers[0]?.resolve()
    await eventually(() => asked === 2)
    answers[1]?.resolve()
    expect(await board.next('connack')).toMatchObject({ returnCode: 4 })
  })

  test('by time is disconnected then, not before', async () => {
    const time = { now: 1_000 }
    const rig = await startBroker(cleanups, {
      policy: tablePolicy([{ ...BOARD, expiresAt: 1_020 }, DASHBOARD]),
      clock: () => time.now,
    })
    const other = await connectBoard(cleanups, rig, credentialsOf(DASHBOARD))
    const board = await connectBoard(cleanups, rig, credentialsOf(BOARD))
    await topicsSent(board)
    time.now = 1_020
    await eventually(() => board.isClosed)
    await topicsSent(other)
  })
})

test('a connection that ends while it is admitted leaves nothing behind', async () => {
  const answer = createDeferred()
  const admit: typeof policy.admit = async (request) => {
    await answer.promise
    return policy.admit(request)
  }
  const rig = await startBroker(cleanups, { policy: { ...policy, admit } })
  const gone = Array.from({ length: 20 }, () => openBoard(cleanups, rig))
  for (const [index, board] of gone.entries()) {
    board.send(connectPacket({ ...credentialsOf(BOARD), clientId: `x${index}`, clean: index % 2 === 0 }))
  }
  await settled(50)
  for (const { socket } of gone) socket.resetAndDestroy()
  answer.resolve()
  await connectBoard(cleanups, rig, credentialsOf(DASHBOARD))
  await eventually(() => rig.broker.connections === 1)
  expect(rig.broker.disconnect(() => true)).toBe(1)
})

test('a store that cannot be written keeps nobody from connecting', async () => {
  const rig = await startBroker(cleanups, { policy })
  const failed: unknown[] = []
  rig.broker.events.on('broker:error', ({ error }) => failed.push(error))
  rig.failWrites()
  const board = await connectAs(rig, DASHBOARD)
  expect(board.packets[0]).toMatchObject({ returnCode: 0 })
  await eventually(() => failed.length > 0)
})
