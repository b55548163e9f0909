import { afterEach, describe, expect, test } from '@jest/globals'
import mqttPacket, { type ISubscribePacket } from 'mqtt-packet'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import {
  cleanUp,
  connectBoard,
  connectPacket,
  limitsHit,
  openBoard,
  payloads,
  publishPacket,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

/** Bytes of many messages, as one write. */
const flood = (count: number, qos: 0 | 1 = 1, payload?: string): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) =>
      mqttPacket.generate(publishPacket(index + 1, qos, payload === undefined ? {} : { payload })),
    ),
  )

describe('a client that publishes over its rate', () => {
  test('is read no faster; nothing is lost, and others are not held back', async () => {
    const rig = await startBroker(cleanups, { options: { publishRate: 50 } })
    const hit = limitsHit(rig)
    const board = await connectBoard(cleanups, rig, { clientId: 'eager' })
    // Ten seconds' worth at once, and another second's.
    board.socket.write(flood(550))
    await eventually(() => hit.length > 0)
    expect(hit[0]).toEqual({ limit: 'publishRate', clientId: 'eager', address: '127.0.0.1' })
    // Near the bound it reads pieces of 250 bytes, some ten messages.
    expect(rig.taken.length).toBeGreaterThanOrEqual(500)
    expect(rig.taken.length).toBeLessThan(515)
    const other = await connectBoard(cleanups, rig, { clientId: 'calm' })
    other.send(publishPacket(7, 1, { payload: 'calm' }))
    await other.next('puback', 7)
    expect(rig.taken.length).toBeLessThan(540)
    await eventually(() => board.has('puback', 550))
    expect(payloads(rig).filter((payload) => payload !== 'calm')).toEqual(
      Array.from({ length: 550 }, (_, index) => `${index + 1}`),
    )
  })

  test('is not told of while it keeps to its burst', async () => {
    const rig = await startBroker(cleanups, { options: { publishRate: 50 } })
    const hit = limitsHit(rig)
    const board = await connectBoard(cleanups, rig)
    board.socket.write(flood(490))
    await board.next('puback', 490)
    expect(hit).toEqual([])
  })

  test('of 0 is read without a bound', async () => {
    const rig = await startBroker(cleanups, { options: { publishRate: 0 } })
    const board = await connectBoard(cleanups, rig)
    board.socket.write(flood(2_000))
    await eventually(() => board.has('puback', 2_000))
  })
})

describe('messages of one client that are not acked', () => {
  test.each(['at once', 'one by one'])(
    'are read up to their bound, sent %s, and on when they are',
    async (how) => {
      const rig = await startBroker(cleanups, { options: { maxInflight: 10 } })
      const hit = limitsHit(rig)
      const board = await connectBoard(cleanups, rig)
      rig.control.hold = true
      if (how === 'at once') board.socket.write(flood(100))
      else
        for (let id = 1; id <= 100; id += 1) {
          board.send(publishPacket(id, 1))
          await settled(1)
        }
      await eventually(() => hit.length > 0 && rig.taken.length >= 10)
      await settled(50)
      expect(rig.taken.map(({ message }) => `${message.payload}`)).toEqual(
        Array.from({ length: 10 }, (_, index) => `${index + 1}`),
      )
      expect(hit[0]).toEqual({ limit: 'maxInflight', clientId: 'board', address: '127.0.0.1' })
      const other = await connectBoard(cleanups, rig, { clientId: 'other' })
      other.send(publishPacket(7, 1, { payload: 'other' }))
      await eventually(() => payloads(rig).includes('other'))
      rig.control.hold = false
      for (const { done } of rig.taken) done()
      await eventually(() => board.has('puback', 100))
      expect(rig.taken).toHaveLength(101)
    },
  )

  test('may be as many as the bound', async () => {
    const rig = await startBroker(cleanups, { options: { maxInflight: 10 } })
    rig.control.hold = true
    const board = await connectBoard(cleanups, rig)
    board.send({ cmd: 'pingreq' })
    await board.next('pingresp')
    board.socket.write(flood(10))
    await eventually(() => rig.taken.length === 10)
    for (const { done } of rig.taken) done()
    await board.next('puback', 10)
  })

  test('hold up nothing behind them once half of them are acked', async () => {
    const rig = await startBroker(cleanups, { options: { maxInflight: 10 } })
    rig.control.hold = true
    const board = await connectBoard(cleanups, rig)
    board.socket.write(flood(40))
    await eventually(() => rig.taken.length >= 9)
    rig.control.hold = false
    for (const { done } of rig.taken.slice(1)) done()
    await board.next('puback', 40)
    expect(board.has('puback', 1)).toBe(false)
  })

  test('with QoS 2 that are never released end their connection', async () => {
    const rig = await startBroker(cleanups, { options: { maxInflight: 3 } })
    const board = await connectBoard(cleanups, rig)
    for (const id of [1, 2, 3]) {
      board.send(publishPacket(id, 2))
      await board.next('pubrec', id)
    }
    board.send(publishPacket(4, 2))
    await eventually(() => board.isClosed)
    expect(board.has('pubrec', 4)).toBe(false)
  })
})

describe('a topic', () => {
  const options = { maxTopicBytes: 24, maxTopicLevels: 4 }
  const atBound = ['x'.repeat(24), 'ä'.repeat(12), 'a/b/c/d', '///']
  const over: readonly (readonly [string, string])[] = [
    ['maxTopicBytes', 'x'.repeat(25)],
    ['maxTopicBytes', `${'ä'.repeat(12)}x`],
    ['maxTopicLevels', 'a/b/c/d/e'],
    ['maxTopicLevels', '////'],
  ]
  const subscribe = (topic: string): ISubscribePacket => ({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [{ topic, qos: 0 }],
  })

  test.each(atBound)('at the bounds, %s, is published to and subscribed to', async (topic) => {
    const rig = await startBroker(cleanups, { options })
    const hit = limitsHit(rig)
    const board = await connectBoard(cleanups, rig)
    board.send(subscribe(topic), publishPacket(2, 1, { topic }))
    await board.next('suback', 1)
    await board.next('puback', 2)
    expect(hit).toEqual([])
  })

  test.each(over)(
    'over %s, %s, ends the connection of who publishes, subscribes or has a will',
    async (limit, topic) => {
      const rig = await startBroker(cleanups, { options })
      const hit = limitsHit(rig)
      const [one, two, three] = await Promise.all(
        ['a', 'b', 'c'].map((clientId) => connectBoard(cleanups, rig, { clientId })),
      )
      one?.send(publishPacket(1, 1, { topic }), publishPacket(2, 1, { topic: 'a' }))
      two?.send(subscribe(topic))
      three?.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: [topic] })
      const will = { topic, payload: Buffer.from('x'), qos: 0 as const, retain: false }
      const four = openBoard(cleanups, rig)
      four.send(connectPacket({ clientId: 'd', will }))
      await eventually(() => [one, two, three, four].every((board) => board?.isClosed))
      expect(four.packets).toEqual([])
      expect(hit.map((each) => each.limit)).toEqual([limit, limit, limit, limit])
      expect(rig.taken).toEqual([])
    },
  )
})

test('a will on a filter ends the connection', async () => {
  const rig = await startBroker(cleanups)
  const will = { topic: 'devices/+/status', payload: Buffer.from('x'), qos: 0 as const, retain: false }
  const board = openBoard(cleanups, rig)
  board.send(connectPacket({ will }))
  await eventually(() => board.isClosed)
  expect(board.packets).toEqual([])
})

test('subscriptions beyond the number of one client are answered with 128; one that is given up makes room', async () => {
  const rig = await startBroker(cleanups, { options: { maxSubscriptions: 2 } })
  const hit = limitsHit(rig)
  const board = await connectBoard(cleanups, rig, { clean: false })
  const subscribe = async (messageId: number, ...topics: string[]) => {
    board.send({ cmd: 'subscribe', messageId, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) })
    return await board.next('suback', messageId)
  }
  expect(await subscribe(1, 'a', 'b', 'c')).toMatchObject({ granted: [1, 1, 128] })
  expect(await subscribe(2, 'a')).toMatchObject({ granted: [1] })
  board.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['a'] })
  await board.next('unsuback', 3)
  expect(await subscribe(4, 'd', 'a')).toMatchObject({ granted: [1, 128] })
  expect(hit).toEqual(
    [1, 2].map(() => ({ limit: 'maxSubscriptions', clientId: 'board', address: '127.0.0.1' })),
  )
  // What was not granted is not kept with the session either.
  board.socket.destroy()
  const told: (readonly string[])[] = []
  rig.broker.events.on('client:subscribed', ({ topics }) => told.push([...topics].sort()))
  await connectBoard(cleanups, rig, { clean: false })
  await eventually(() => told.length === 1)
  expect(told).toEqual([['b', 'd']])
})

test('a packet over its bound is told of', async () => {
  const rig = await startBroker(cleanups, { options: { maxPacketBytes: 100_000 } })
  const hit = limitsHit(rig)
  const board = await connectBoard(cleanups, rig)
  board.socket.write(flood(1, 1, 'x'.repeat(100_000)))
  await eventually(() => board.isClosed)
  expect(hit).toEqual([{ limit: 'maxPacketBytes', clientId: 'board', address: '127.0.0.1' }])
})
