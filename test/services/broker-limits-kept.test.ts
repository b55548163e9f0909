import { afterEach, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.ts'
import {
  type BrokerRig,
  cleanUp,
  connectBoard,
  limitsHit,
  publishPacket,
  type RawBoard,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const subscribe = async (board: RawBoard, ...topics: readonly string[]) => {
  board.send({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) })
  await board.next('suback', 1)
}

const sent = (board: RawBoard) =>
  board.packets.flatMap((packet) => (packet.cmd === 'publish' ? [`${packet.topic} ${packet.payload}`] : []))

/** Publishes one after the other; with QoS 2 each is stored and queued when its PUBREC comes. */
const publishAll = async (rig: BrokerRig, messages: readonly Parameters<typeof publishPacket>[2][]) => {
  const board = await connectBoard(cleanups, rig, { clientId: 'sender' })
  for (const [index, message] of messages.entries()) {
    board.send(publishPacket(index + 1, 2, message))
    await board.next('pubrec', index + 1)
    board.send({ cmd: 'pubrel', messageId: index + 1 })
  }
  board.socket.destroy()
  await eventually(() => board.isClosed)
}

const retainedIn = async (rig: BrokerRig, count: number, filter = '#') => {
  const board = await connectBoard(cleanups, rig, { clientId: `reader-${Math.random()}` })
  await subscribe(board, 'end', filter)
  await eventually(() => sent(board).length >= count)
  // What is published now comes behind all that is retained.
  await publishAll(rig, [{ topic: 'end', payload: 'x' }])
  await eventually(() => sent(board).includes('end x'))
  return sent(board)
    .filter((each) => each !== 'end x')
    .sort()
}

describe('retained messages', () => {
  const keep = (topic: string, payload: string) => ({ topic, payload, retain: true })

  test.each([
    ['a/b', ['a/b']],
    ['a/#', ['a', 'a/', 'a/b', 'a/b/c', 'a/ä']],
    ['a/+', ['a/', 'a/b', 'a/ä']],
    ['a/b/+', ['a/b/c']],
    ['+/b', ['/b', 'a/b', 'ä/b']],
    ['/+', ['/b']],
    ['a/nothing', []],
    ['nothing/#', []],
  ])('are found by what %s matches, and no others', async (filter, expected) => {
    const rig = await startBroker(cleanups)
    const topics = ['a', 'a!', 'a/', 'a/b', 'a/b/c', 'a/ä', 'a0', 'ab/c', '/b', 'ä/b', 'b']
    await publishAll(
      rig,
      topics.map((topic) => keep(topic, 'x')),
    )
    const found = await retainedIn(rig, expected.length, filter)
    expect(found).toEqual(expected.map((topic) => `${topic} x`).sort())
  })

  test('are kept up to their number; one more is sent on and not kept', async () => {
    const rig = await startBroker(cleanups, { options: { maxRetained: 2 } })
    const hit = limitsHit(rig)
    const listener = await connectBoard(cleanups, rig, { clientId: 'listener' })
    await subscribe(listener, '#')
    await publishAll(rig, [keep('a', '1'), keep('b', '1'), keep('c', '1'), keep('b', '2')])
    await eventually(() => sent(listener).length === 4)
    expect(hit).toEqual([{ limit: 'maxRetained' }])
    expect(await retainedIn(rig, 2)).toEqual(['a 1', 'b 2'])
    await publishAll(rig, [keep('a', ''), keep('c', '2')])
    expect(await retainedIn(rig, 2)).toEqual(['b 2', 'c 2'])
  })

  test('take no more bytes than they may; what would replace one and is too large removes it', async () => {
    const rig = await startBroker(cleanups, { options: { maxRetainedBytes: 3_000 } })
    const hit = limitsHit(rig)
    const large = 'x'.repeat(1_000)
    await publishAll(rig, [keep('a', large), keep('b', large), keep('c', large), keep('b', large + large)])
    expect(hit).toEqual([{ limit: 'maxRetainedBytes' }, { limit: 'maxRetainedBytes' }])
    expect(await retainedIn(rig, 1)).toEqual([`a ${large}`])
  })

  test('are counted after a restart as well, with what the broker itself keeps', async () => {
    const first = await startBroker(cleanups)
    await publishAll(first, [keep('a', '1'), keep('ä', '1')])
    await first.stop()
    const rig = await startBroker(cleanups, { folder: first.folder, options: { maxRetained: 3 } })
    const hit = limitsHit(rig)
    rig.broker.publish('b', '1', { retain: true })
    await publishAll(rig, [keep('c', '1'), keep('ä', '2')])
    expect(hit).toHaveLength(1)
    expect(await retainedIn(rig, 3)).toEqual(['a 1', 'b 1', 'ä 2'])
  })
})

const KEPT = { clean: false } as const

/** Makes a kept session and goes away. */
const makeSession = async (rig: BrokerRig, clientId: string, topic = 'news') => {
  const board = await connectBoard(cleanups, rig, { ...KEPT, clientId })
  await subscribe(board, topic)
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
}

const isKept = async (rig: BrokerRig, clientId: string): Promise<unknown> => {
  const board = await connectBoard(cleanups, rig, { ...KEPT, clientId })
  const connack = await board.next('connack')
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
  return connack.cmd === 'connack' && connack.sessionPresent
}

describe('sessions', () => {
  test('are kept up to their number; beyond it the one away longest goes first', async () => {
    const time = { now: 1_000 }
    const rig = await startBroker(cleanups, { options: { maxSessions: 3 }, clock: () => time.now++ })
    const hit = limitsHit(rig)
    for (const clientId of ['a', 'b', 'c']) await makeSession(rig, clientId)
    expect(await isKept(rig, 'a')).toBe(true)
    expect(hit).toEqual([])
    await makeSession(rig, 'd')
    expect(hit).toEqual([{ limit: 'maxSessions', clientId: 'b' }])
    for (const clientId of ['c', 'a', 'd']) expect(await isKept(rig, clientId)).toBe(true)
    expect(hit).toHaveLength(1)
    expect(await isKept(rig, 'b')).toBe(false)
  })

  test('of clients that are connected are not removed, however many there are', async () => {
    const rig = await startBroker(cleanups, { options: { maxSessions: 1 } })
    const one = await connectBoard(cleanups, rig, { ...KEPT, clientId: 'a' })
    const two = await connectBoard(cleanups, rig, { ...KEPT, clientId: 'b' })
    await subscribe(one, 'news')
    await subscribe(two, 'news')
    rig.broker.publish('news', 'x', { qos: 1 })
    await one.next('publish')
    await two.next('publish')
  })

  test('away for too long are removed with all they held, also across restarts', async () => {
    const time = { now: 1_000 }
    const clock = () => time.now
    const options = { sessionExpiryMs: 500 }
    const first = await startBroker(cleanups, { options, clock })
    await makeSession(first, 'a')
    time.now = 1_300
    await makeSession(first, 'b')
    await publishAll(first, [{ topic: 'news', payload: '1' }])
    await first.stop()
    time.now = 1_499
    const rig = await startBroker(cleanups, { folder: first.folder, options, clock })
    const hit = limitsHit(rig)
    time.now = 1_500
    await eventually(() => hit.length === 1)
    expect(hit).toEqual([{ limit: 'sessionExpiryMs', clientId: 'a' }])
    const expired = await connectBoard(cleanups, rig, { ...KEPT, clientId: 'a' })
    expect(expired.packets[0]).toMatchObject({ sessionPresent: false })
    const kept = await connectBoard(cleanups, rig, { ...KEPT, clientId: 'b' })
    expect(kept.packets[0]).toMatchObject({ sessionPresent: true })
    await kept.next('publish')
    // A client that is there does not expire.
    time.now = 9_000
    await publishAll(rig, [{ topic: 'news', payload: '2' }])
    await eventually(() => sent(kept).length === 2)
    expect(sent(expired)).toEqual([])
    expect(hit).toHaveLength(1)
  })

  test('that are ended by a clean CONNECT are forgotten', async () => {
    const rig = await startBroker(cleanups, { options: { maxSessions: 1 } })
    const hit = limitsHit(rig)
    await makeSession(rig, 'a')
    const clean = await connectBoard(cleanups, rig, { clientId: 'a' })
    clean.socket.destroy()
    await eventually(() => rig.broker.connections === 0)
    await makeSession(rig, 'b')
    expect(hit).toEqual([])
    expect(await isKept(rig, 'b')).toBe(true)
  })
})

describe('messages queued for a session', () => {
  const numbered = (count: number, from = 1) =>
    Array.from({ length: count }, (_, index) => ({ topic: 'news', payload: `${from + index}` }))

  test.each(['at once', 'after a restart'])('are kept up to their number, the oldest; %s', async (when) => {
    const options = { maxOfflineMessages: 3 }
    const first = await startBroker(cleanups, { options })
    const hit = limitsHit(first)
    await makeSession(first, 'a')
    await makeSession(first, 'b', '+')
    await publishAll(first, numbered(3))
    expect(hit).toEqual([])
    if (when !== 'at once') await first.stop()
    const rig = when === 'at once' ? first : await startBroker(cleanups, { folder: first.folder, options })
    const later = when === 'at once' ? hit : limitsHit(rig)
    await publishAll(rig, numbered(2, 4))
    expect(later.map(({ limit, clientId }) => `${limit} ${clientId}`).sort()).toEqual([
      ...['a', 'a', 'b', 'b'].map((clientId) => `maxOfflineMessages ${clientId}`),
    ])
    const board = await connectBoard(cleanups, rig, { ...KEPT, clientId: 'a' })
    await eventually(() => sent(board).length === 3)
    expect(sent(board)).toEqual(['news 1', 'news 2', 'news 3'])
    // Those that it acks make room; an ack that is repeated does not make more.
    const [oldest] = board.packets.filter(({ cmd }) => cmd === 'publish')
    const ack = { cmd: 'puback', messageId: oldest?.messageId ?? 0 } as const
    board.send(ack, ack, ack, { cmd: 'pingreq' })
    await board.next('pingresp')
    board.socket.destroy()
    await eventually(() => rig.broker.connections === 0)
    await publishAll(rig, numbered(2, 6))
    const again = await connectBoard(cleanups, rig, { ...KEPT, clientId: 'a' })
    await eventually(() => sent(again).length === 3)
    expect(sent(again)).toEqual(['news 2', 'news 3', 'news 6'])
  })

  test('that found no room reach a client that is connected all the same, and it can ack them', async () => {
    const rig = await startBroker(cleanups, { options: { maxOfflineMessages: 2 } })
    const board = await connectBoard(cleanups, rig, { ...KEPT, clientId: 'a' })
    await subscribe(board, 'news')
    await publishAll(rig, numbered(5))
    await eventually(() => sent(board).length === 5)
    for (const packet of [...board.packets]) {
      if (packet.cmd === 'publish') board.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    }
    board.send({ cmd: 'pingreq' })
    await board.next('pingresp')
    expect(board.isClosed).toBe(false)
  })
})
