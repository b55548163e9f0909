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

const KIB_100 = 'x'.repeat(100 * 1024)

const subscriber = async (rig: BrokerRig, clientId: string, qos: 0 | 1) => {
  const board = await connectBoard(cleanups, rig, { clientId })
  board.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'news', qos }] })
  await board.next('suback', 1)
  return board
}

const payloadsSent = (board: RawBoard) => board.packets.filter(({ cmd }) => cmd === 'publish').length

/** Publishes until a check is true; each message is routed before the next is sent. */
const publishUntil = async (rig: BrokerRig, qos: 0 | 1, check: () => boolean) => {
  const sender = await connectBoard(cleanups, rig, { clientId: 'sender' })
  let id = 0
  while (!check() && id < 2_000) {
    id += 1
    sender.send(publishPacket(id, 1, { topic: 'news', payload: `${qos}${KIB_100}` }))
    await sender.next('puback', id)
  }
  expect(check()).toBe(true)
  return id
}

describe('a subscriber that does not read', () => {
  test('is sent no QoS 0 from a bound on, each of which is counted, and the others are sent all', async () => {
    const rig = await startBroker(cleanups, { options: { maxUnsentBytes: 300_000 } })
    const hit = limitsHit(rig)
    const slow = await subscriber(rig, 'slow', 0)
    const quick = await subscriber(rig, 'quick', 0)
    slow.socket.pause()
    const published = await publishUntil(rig, 0, () => hit.length >= 20)
    await eventually(() => payloadsSent(quick) === published)
    expect(hit.every(({ limit, clientId }) => limit === 'maxUnsentBytes' && clientId === 'slow')).toBe(true)
    const shed = hit.length
    expect(slow.isClosed).toBe(false)
    // When it reads again it is sent what there is from then on.
    slow.socket.resume()
    await eventually(() => payloadsSent(slow) === published - shed)
    const more = await publishUntil(rig, 0, () => true)
    expect(more).toBe(0)
  })

  test('is closed in the end', async () => {
    const rig = await startBroker(cleanups, { options: { maxUnsentBytes: 300_000, drainTimeoutMs: 100 } })
    const hit = limitsHit(rig)
    const slow = await subscriber(rig, 'slow', 0)
    slow.socket.pause()
    await publishUntil(rig, 0, () => hit.length > 0)
    await eventually(() => rig.broker.connections === 1)
  })

  test('is closed at once when QoS 1 gathers over four times the bound', async () => {
    const rig = await startBroker(cleanups, { options: { maxUnsentBytes: 300_000 } })
    const gone: string[] = []
    rig.broker.events.on('client:disconnected', ({ clientId }) => gone.push(clientId))
    const slow = await subscriber(rig, 'slow', 1)
    const quick = await subscriber(rig, 'quick', 1)
    slow.socket.pause()
    const published = await publishUntil(rig, 1, () => gone.length > 0)
    expect(gone).toEqual(['slow'])
    await eventually(() => payloadsSent(quick) === published)
  })

  test('does not hold up the routing of others, however many messages wait for it', async () => {
    const rig = await startBroker(cleanups, { options: { maxUnsentBytes: 1_000_000, concurrency: 2 } })
    const hit = limitsHit(rig)
    const slow = await subscriber(rig, 'slow', 0)
    slow.socket.pause()
    await publishUntil(rig, 0, () => hit.length > 0)
    const board = await connectBoard(cleanups, rig, { clientId: 'board' })
    board.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'other', qos: 0 }] })
    await board.next('suback', 1)
    board.send(publishPacket(2, 2, { topic: 'other', payload: 'x' }))
    await board.next('pubrec', 2)
    await board.next('publish')
  })
})
