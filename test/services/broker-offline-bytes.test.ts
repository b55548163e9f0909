/** What waits for kept sessions is bounded in bytes, of all of them together; one may hold what is left for others. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { queuedBytes } from '../../broker/queue-ledger.ts'
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

const KEPT = { clean: false } as const
const PAYLOAD = 'x'.repeat(840 - 2)
const EACH = queuedBytes({ topic: 'a', payload: `1 ${PAYLOAD}` })

const makeSession = async (rig: BrokerRig, clientId: string, topic: string, qos: 1 | 2 = 1) => {
  const board = await connectBoard(cleanups, rig, { ...KEPT, clientId })
  board.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] })
  await board.next('suback', 1)
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
}

/** Each is queued when its PUBREC comes. */
const publish = async (rig: BrokerRig, topic: string, numbers: readonly number[]) => {
  const board = await connectBoard(cleanups, rig, { clientId: 'sender' })
  for (const number of numbers) {
    board.send(publishPacket(number, 2, { topic, payload: `${number} ${PAYLOAD}` }))
    await board.next('pubrec', number)
    board.send({ cmd: 'pubrel', messageId: number })
  }
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
}

const received = ({ packets }: RawBoard) =>
  packets.flatMap((packet) => (packet.cmd === 'publish' ? [Number.parseInt(String(packet.payload), 10)] : []))

/** What was sent before it has been handled. */
const ping = async (board: RawBoard) => {
  const answers = () => board.packets.filter(({ cmd }) => cmd === 'pingresp').length
  const before = answers()
  board.send({ cmd: 'pingreq' })
  await eventually(() => answers() > before)
}

/** Comes back, takes all that waits (only then it counts as connected) and goes. */
const collect = async (rig: BrokerRig, clientId: string, take: (board: RawBoard) => Promise<void>) => {
  const ready: string[] = []
  rig.broker.events.on('client:connected', (client) => ready.push(client.clientId))
  const board = await connectBoard(cleanups, rig, { ...KEPT, clientId })
  await eventually(() => ready.includes(clientId))
  await ping(board)
  await take(board)
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
  return received(board)
}

const ackAll = async (board: RawBoard) => {
  for (const packet of [...board.packets])
    if (packet.cmd === 'publish') board.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
  await ping(board)
}
const ackNone = async () => undefined

describe.each(['at once', 'after a restart'])('%s', (when) => {
  const again = async (rig: BrokerRig, options: object): Promise<BrokerRig> => {
    if (when === 'at once') return rig
    await rig.stop()
    return startBroker(cleanups, { folder: rig.folder, options })
  }

  test('one session holds half of them, to the byte, and others what is left', async () => {
    const options = { maxOfflineBytes: 6 * EACH }
    const first = await startBroker(cleanups, { options })
    await makeSession(first, 'hog', 'a')
    await makeSession(first, 'small', 'b')
    await publish(first, 'a', [1, 2, 3])
    const rig = await again(first, options)
    const hit = limitsHit(rig)
    await publish(rig, 'a', [4, 5])
    expect(hit.map(({ limit, clientId }) => [limit, clientId])).toEqual([
      ['maxOfflineBytes', 'hog'],
      ['maxOfflineBytes', 'hog'],
    ])
    await publish(rig, 'b', [6])
    expect(hit).toHaveLength(2)
    expect(await collect(rig, 'hog', ackNone)).toEqual([1, 2, 3])
    expect(await collect(rig, 'small', ackNone)).toEqual([6])
  })

  test('a byte less than half is one message less', async () => {
    const options = { maxOfflineBytes: 6 * EACH - 1 }
    const first = await startBroker(cleanups, { options })
    await makeSession(first, 'hog', 'a')
    await publish(first, 'a', [1, 2])
    const rig = await again(first, options)
    await publish(rig, 'a', [3])
    expect(await collect(rig, 'hog', ackNone)).toEqual([1, 2])
  })

  test('what is acked makes room', async () => {
    const options = { maxOfflineBytes: 6 * EACH }
    const first = await startBroker(cleanups, { options })
    await makeSession(first, 'hog', 'a')
    await publish(first, 'a', [1, 2, 3, 4])
    const rig = await again(first, options)
    expect(await collect(rig, 'hog', ackAll)).toEqual([1, 2, 3])
    await publish(rig, 'a', [5, 6, 7, 8])
    expect(await collect(rig, 'hog', ackNone)).toEqual([5, 6, 7])
  })

  test('of QoS 2, what its client has received makes room, once', async () => {
    const options = { maxOfflineBytes: 6 * EACH }
    const first = await startBroker(cleanups, { options })
    await makeSession(first, 'hog', 'a', 2)
    await publish(first, 'a', [1, 2, 3, 4])
    const rig = await again(first, options)
    const taken = await collect(rig, 'hog', async (board) => {
      const [oldest] = board.packets.filter(({ cmd }) => cmd === 'publish')
      const messageId = oldest?.messageId ?? 0
      const received = { cmd: 'pubrec', messageId } as const
      board.send(received, received)
      await board.next('pubrel', messageId)
      board.send({ cmd: 'pubcomp', messageId }, { cmd: 'pubcomp', messageId })
      await ping(board)
    })
    expect(taken).toEqual([1, 2, 3])
    await publish(rig, 'a', [5, 6])
    expect(await collect(rig, 'hog', ackNone)).toEqual([2, 3, 5])
  })
})
