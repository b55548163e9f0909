import { afterEach, expect, test } from '@jest/globals'
import mqttPacket from 'mqtt-packet'
import { eventually } from '../support/eventually.ts'
import { cleanUp, connectBoard, payloads, publishPacket, startBroker } from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const KIB_100 = 102_400
const bytesOf = (payloadBytes: number): Buffer =>
  mqttPacket.generate(publishPacket(7, 1, { payload: 'x'.repeat(payloadBytes) }))

const setUp = async () => {
  const options = { maxPacketBytes: 2 * KIB_100, maxLargeBytes: 3 * KIB_100 }
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
  const { rig, errors, board } = await setUp()
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
