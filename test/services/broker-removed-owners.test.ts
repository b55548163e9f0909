/** Sessions of a name that nobody has any more. */
import { afterEach, expect, test } from '@jest/globals'
import type { Identity } from '../../bridge/index.ts'
import { settled } from '../support/deferred.ts'
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
const TOPIC = 'sensors/board/data'

const connectAs = (rig: BrokerRig, identity: Identity, clientId = 'shared') =>
  connectBoard(cleanups, rig, { ...credentialsOf(identity), clean: false, clientId })

const subscribe = async (board: RawBoard) => {
  board.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TOPIC, qos: 1 }] })
  await board.next('suback', 1)
}

const leave = async (rig: BrokerRig, board: RawBoard) => {
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
}

const sent = (board: RawBoard) => board.packets.filter(({ cmd }) => cmd === 'publish')

test('the sessions of a name that is gone are removed with what waits, and their client ids are free', async () => {
  const rig = await startBroker(cleanups, { policy })
  const removed: unknown[] = []
  rig.broker.events.on('session:removed', (event) => removed.push(event))
  for (const [identity, clientId] of [
    [DASHBOARD, 'shared'],
    [DASHBOARD, 'second'],
    [OPERATOR, 'other'],
  ] as const) {
    const board = await connectAs(rig, identity, clientId)
    await subscribe(board)
    await leave(rig, board)
  }
  // Its PUBREC comes when it is queued for all who are away.
  const sender = await connectBoard(cleanups, rig, { ...credentialsOf(ADMIN), clientId: 'sender' })
  sender.send(publishPacket(1, 2, { topic: TOPIC }))
  await sender.next('pubrec', 1)
  await leave(rig, sender)
  expect([...(await rig.broker.sessionOwners())].sort()).toEqual(['ann', 'bob'])
  const early = openBoard(cleanups, rig)
  early.send(connectPacket({ ...credentialsOf(OPERATOR), clean: false, clientId: 'shared' }))
  expect(await early.next('connack')).toMatchObject({ returnCode: 2 })
  rig.broker.dropSessions('ann')
  expect(await rig.broker.sessionOwners()).toEqual(['bob'])
  expect(removed).toEqual([
    { clientId: 'shared', owner: 'ann' },
    { clientId: 'second', owner: 'ann' },
  ])
  const successor = await connectAs(rig, OPERATOR)
  expect(await successor.next('connack')).toMatchObject({ sessionPresent: false, returnCode: 0 })
  expect(sent(successor)).toEqual([])
  await leave(rig, successor)
  const kept = await connectAs(rig, OPERATOR, 'other')
  await eventually(() => sent(kept).length === 1)
})

test('a session that is removed while its connection is being closed does not come back', async () => {
  const rig = await startBroker(cleanups, { policy })
  await subscribe(await connectAs(rig, DASHBOARD))
  expect(rig.broker.disconnect(({ name }) => name === 'ann')).toBe(1)
  rig.broker.dropSessions('ann')
  await eventually(() => rig.broker.connections === 0)
  await settled()
  expect(await rig.broker.sessionOwners()).toEqual([])
  await rig.stop()
  const again = await startBroker(cleanups, { policy, folder: rig.folder })
  expect(await again.broker.sessionOwners()).toEqual([])
})
