import { afterEach, expect, test } from '@jest/globals'
import mqttPacket from 'mqtt-packet'
import { eventually } from '../support/eventually.ts'
import { type BrokerRig, cleanUp, connectBoard, payloads, publishPacket, startBroker } from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

/** Bytes of many messages, as one write. */
const flood = (from: number, count: number, qos: 0 | 1 = 1): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) => mqttPacket.generate(publishPacket(from + index, qos))),
  )

const released = (rig: BrokerRig): void => {
  rig.control.hold = false
  for (const { done } of rig.taken) done()
}

/** Resolves when the rig has taken nothing more for a while: there is no event for what is not read. */
const settled = async (rig: BrokerRig): Promise<number> => {
  let before = -1
  return await eventually(async () => {
    const now = rig.taken.length
    await new Promise((resolve) => setTimeout(resolve, 100))
    const isStill = now === before && now === rig.taken.length
    before = now
    return isStill && now
  })
}

const PIECE = 4096
const perPiece = Math.ceil(PIECE / mqttPacket.generate(publishPacket(1, 1)).length) + 1

test('a broker that holds many messages reads its connections in small pieces, and none when it holds the most', async () => {
  const rig = await startBroker(cleanups, { options: { busyMessages: 100, mostMessages: 1_000 } })
  const boards = await Promise.all(
    Array.from({ length: 20 }, (_, index) => connectBoard(cleanups, rig, { clientId: `board-${index}` })),
  )
  rig.control.hold = true
  for (const [index, board] of boards.entries()) board.socket.write(flood(1 + index * 2_000, 2_000))
  const held = await settled(rig)
  expect(held).toBeGreaterThanOrEqual(1_000)
  // What was read before it was busy is one read of a socket; the last piece may go over the most.
  expect(held).toBeLessThan(1_000 + perPiece + 2_000)

  released(rig)
  await eventually(() => boards.every((board) => board.packets.length === 2_001), 20_000)
  expect(new Set(payloads(rig)).size).toBe(40_000)
}, 30_000)

test('a busy broker takes the messages of each connection in order, however they are cut', async () => {
  const rig = await startBroker(cleanups, { options: { busyMessages: 0, mostMessages: 50 } })
  const board = await connectBoard(cleanups, rig)
  const bytes = Buffer.concat([
    flood(1, 300),
    mqttPacket.generate(publishPacket(301, 1, { payload: 'x'.repeat(20_000) })),
    flood(302, 300, 0),
  ])
  for (let at = 0; at < bytes.length; at += 1_777) {
    board.socket.write(bytes.subarray(at, at + 1_777))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await eventually(() => rig.taken.length === 601, 20_000)
  const expected = Array.from({ length: 601 }, (_, index) => `${index + 1}`)
  expected[300] = 'x'.repeat(20_000)
  expect(payloads(rig)).toEqual(expected)
}, 30_000)

test('a busy broker takes what a client sent before it hung up', async () => {
  const rig = await startBroker(cleanups, { options: { busyMessages: 0, mostMessages: 10 } })
  const board = await connectBoard(cleanups, rig)
  board.socket.end(Buffer.concat([flood(1, 500, 0), mqttPacket.generate({ cmd: 'disconnect' })]))
  await eventually(() => rig.taken.length === 500, 10_000)
  expect(payloads(rig).at(-1)).toBe('500')
})

test('connections that end while a broker is busy leave their room to others', async () => {
  const rig = await startBroker(cleanups, { options: { busyMessages: 10, mostMessages: 20 } })
  const gone = await connectBoard(cleanups, rig, { clientId: 'gone' })
  rig.control.hold = true
  gone.socket.write(flood(1, 500))
  await eventually(() => rig.taken.length >= 20)
  gone.socket.destroy()
  rig.control.hold = false
  const other = await connectBoard(cleanups, rig, { clientId: 'other' })
  other.socket.write(flood(1, 500))
  await eventually(() => other.has('puback', 500), 10_000)
})
