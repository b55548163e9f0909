import { afterEach, describe, expect, test } from '@jest/globals'
import { eventually } from '../../support/eventually.ts'
import { BOARD, credentialsOf, tablePolicy } from '../broker-policy.ts'
import type { RawBoard } from '../broker-rig.ts'
import { cleanUp, openBoard } from '../broker-rig.ts'
import { connectBytes, receivedUntil, send, startWire, subscribe, text, type Wire } from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const will = (given: { qos?: 0 | 1 | 2; retain?: boolean } = {}) => ({
  will: { topic: 'will', payload: Buffer.from('gone'), qos: 0 as const, retain: false, ...given },
})

/** Somebody who listens to wills and to what marks the end of a test. */
const witness = async (wire: Wire): Promise<RawBoard> => {
  const board = await wire.connect('witness')
  await subscribe(board, 1, ['will', 2], ['end', 0])
  return board
}

/** All that was heard until now. */
const heard = async (wire: Wire, board: RawBoard): Promise<readonly string[]> => {
  await send(await wire.connect('ender'), 1, 1, { topic: 'end', payload: 'end' })
  return (await receivedUntil(board, 'end')).slice(0, -1)
}

describe('[MQTT-3.1.2-8] a will is published when its client', () => {
  const ends: readonly (readonly [string, (board: RawBoard, wire: Wire) => unknown])[] = [
    ['resets its connection', (board) => board.socket.resetAndDestroy()],
    ['closes its connection without a DISCONNECT', (board) => board.socket.end()],
    ['breaks the protocol', (board) => board.socket.write(Buffer.of(0xc1, 0))],
    ['connects a second time', (board) => board.socket.write(connectBytes())],
    ['is taken over', (_, wire) => wire.connect('board')],
    ['is silent for too long', () => undefined],
  ]
  test.each(ends)('%s', async (_, end) => {
    const wire = await startWire(cleanups)
    const board = await witness(wire)
    const dying = await wire.connect('board', { keepalive: 1, ...will() })
    await end(dying, wire)
    await eventually(() => dying.isClosed)
    expect(await receivedUntil(board, 'gone')).toEqual(['will gone q0'])
  })
})

test('[MQTT-3.1.2-10] a will is not published after a DISCONNECT', async () => {
  const wire = await startWire(cleanups)
  const board = await witness(wire)
  const leaving = await wire.connect('board', will())
  leaving.send({ cmd: 'disconnect' })
  await eventually(() => leaving.isClosed)
  expect(await heard(wire, board)).toEqual([])
})

test.each([0, 1, 2] as const)('[MQTT-3.1.2-9] a will of QoS %i is published with it', async (qos) => {
  const wire = await startWire(cleanups)
  const board = await witness(wire)
  const dying = await wire.connect('board', will({ qos }))
  dying.socket.destroy()
  expect(await receivedUntil(board, 'gone')).toEqual([`will gone q${qos}`])
})

test('[MQTT-3.1.2-17] a retained will is kept for those who come later, another one is not [MQTT-3.1.2-16]', async () => {
  const wire = await startWire(cleanups)
  const board = await witness(wire)
  for (const [retain, expected] of [
    [false, []],
    [true, ['will gone q0 retained']],
  ] as const) {
    const dying = await wire.connect('board', will({ retain, qos: 2 }))
    dying.socket.destroy()
    await eventually(() => board.packets.filter(({ cmd }) => cmd === 'publish').length === (retain ? 2 : 1))
    const later = await wire.connect('later')
    await subscribe(later, 1, ['will', 0], ['end', 0])
    await send(await wire.connect('ender'), 1, 1, { topic: 'end', payload: 'end' })
    expect((await receivedUntil(later, 'end')).slice(0, -1)).toEqual(expected)
  }
})

test('[MQTT-3.1.2-12] a client that comes back without its will has none', async () => {
  const wire = await startWire(cleanups)
  const board = await witness(wire)
  const first = await wire.connect('board', will())
  first.send({ cmd: 'disconnect' })
  await eventually(() => first.isClosed)
  const second = await wire.connect('board')
  second.socket.destroy()
  await eventually(() => second.isClosed)
  expect(await heard(wire, board)).toEqual([])
})

test.each([
  ['no topic', ''],
  ['a wildcard', 'a/#'],
])('[MQTT-3.3.2-2] a will on %s closes the connection without an answer', async (_, topic) => {
  const wire = await startWire(cleanups)
  const board = openBoard(cleanups, wire.rig)
  board.socket.write(connectBytes({ flags: 6, rest: [text('a'), text(topic), text('gone')] }))
  await eventually(() => board.isClosed)
  expect(board.packets).toEqual([])
})

test('[MQTT-3.2.2-4] a will that its client may not publish refuses the CONNECT with return code 5', async () => {
  const wire = await startWire(cleanups, { policy: tablePolicy([BOARD]) })
  const board = await wire.connect('board', { ...credentialsOf(BOARD), ...will() })
  await eventually(() => board.isClosed)
  expect(board.packets).toMatchObject([{ cmd: 'connack', returnCode: 5 }])
  expect(wire.refused).toEqual(['the will is on a forbidden topic'])
})
