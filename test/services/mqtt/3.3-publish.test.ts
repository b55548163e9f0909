import { afterEach, describe, expect, test } from '@jest/globals'
import { cleanUp, type RawBoard } from '../broker-rig.ts'
import {
  closesConnected,
  hangUp,
  id,
  publishBytes,
  receivedUntil,
  send,
  startWire,
  subscribe,
} from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const setUp = async () => {
  const wire = await startWire(cleanups)
  const sender = await wire.connect('sender')
  /** A subscriber with one filter, and what it was sent until now. */
  const listener = async (clientId: string, filter = 'r/#') => {
    const board = await wire.connect(clientId)
    await subscribe(board, 1, [filter, 1], ['end', 0])
    return board
  }
  const heard = async (board: RawBoard): Promise<readonly string[]> => {
    await send(sender, 999, 1, { topic: 'end', payload: 'end' })
    return (await receivedUntil(board, 'end')).slice(0, -1)
  }
  return { wire, sender, listener, heard }
}

describe('the header of a PUBLISH', () => {
  test.each([
    ['[MQTT-3.3.1-4] QoS 3', publishBytes(0x36, 'a', id(1))],
    ['[MQTT-3.3.1-2] DUP with QoS 0', publishBytes(0x38, 'a')],
    ['[MQTT-3.3.2-2] # in its topic', publishBytes(0x32, 'a/#', id(1))],
    ['[MQTT-3.3.2-2] + in its topic', publishBytes(0x32, 'a/+/b', id(1))],
    ['a topic of the broker, $SYS,', publishBytes(0x32, '$SYS/a', id(1))],
  ])('%s closes the connection, and nothing is taken in', async (_, bytes) => {
    const wire = await startWire(cleanups)
    expect(await closesConnected(wire, bytes)).toBe('')
    expect(wire.rig.taken).toEqual([])
  })

  test('[MQTT-3.3.1-3] DUP of what was sent again is not handed on to subscribers', async () => {
    const { sender, listener } = await setUp()
    const board = await listener('a')
    await send(sender, 1, 1, { topic: 'r/1', payload: 'again', dup: true })
    expect(await receivedUntil(board, 'again')).toEqual(['r/1 again q1'])
  })

  test('a message without a payload is a message', async () => {
    const { sender, listener, heard } = await setUp()
    const board = await listener('a')
    await send(sender, 1, 1, { topic: 'r/1', payload: '' })
    expect(await heard(board)).toEqual(['r/1  q1'])
  })
})

describe('retained messages', () => {
  test('[MQTT-3.3.1-6] [MQTT-3.3.1-8] the last one is sent to a new subscriber, flagged', async () => {
    const { sender, listener } = await setUp()
    await send(sender, 1, 2, { topic: 'r/1', payload: 'old', retain: true })
    await send(sender, 2, 2, { topic: 'r/1', payload: 'new', retain: true })
    expect(await receivedUntil(await listener('a'), 'new')).toEqual(['r/1 new q1 retained'])
  })

  test('[MQTT-3.3.1-9] one that is published is not flagged for those who listen already', async () => {
    const { sender, listener } = await setUp()
    const board = await listener('a')
    await send(sender, 1, 1, { topic: 'r/1', payload: 'live', retain: true })
    expect(await receivedUntil(board, 'live')).toEqual(['r/1 live q1'])
  })

  test('[MQTT-3.3.1-10] an empty one goes to those who listen and removes what was kept [MQTT-3.3.1-11]', async () => {
    const { sender, listener, heard } = await setUp()
    await send(sender, 1, 2, { topic: 'r/1', payload: 'kept', retain: true })
    const board = await listener('a')
    await receivedUntil(board, 'kept')
    await send(sender, 2, 2, { topic: 'r/1', payload: '', retain: true })
    expect(await heard(board)).toEqual(['r/1 kept q1 retained', 'r/1  q1'])
    expect(await heard(await listener('b'))).toEqual([])
  })

  test('[MQTT-3.3.1-12] one that is not retained leaves what is kept as it is', async () => {
    const { sender, listener } = await setUp()
    await send(sender, 1, 2, { topic: 'r/1', payload: 'kept', retain: true })
    await send(sender, 2, 2, { topic: 'r/1', payload: 'passing' })
    expect(await receivedUntil(await listener('a'), 'kept')).toEqual(['r/1 kept q1 retained'])
  })

  test('[MQTT-3.8.4-3] the same SUBSCRIBE again is sent what is kept again', async () => {
    const { sender, listener } = await setUp()
    await send(sender, 1, 2, { topic: 'r/1', payload: 'first', retain: true })
    const board = await listener('a')
    await receivedUntil(board, 'first')
    await send(sender, 2, 2, { topic: 'r/1', payload: 'next', retain: true })
    await receivedUntil(board, 'next')
    await subscribe(board, 2, ['r/#', 1])
    await send(sender, 3, 2, { topic: 'r/2', payload: 'last' })
    expect(await receivedUntil(board, 'last')).toContain('r/1 next q1 retained')
  })

  test('[MQTT-3.1.2.4] what is kept belongs to no session: it outlives that of its sender and the broker', async () => {
    const { wire, sender } = await setUp()
    await send(sender, 1, 2, { topic: 'r/1', payload: 'kept', retain: true })
    await hangUp(wire.rig, sender)
    await wire.rig.stop()
    const next = await startWire(cleanups, { folder: wire.rig.folder })
    const board = await next.connect('a')
    await subscribe(board, 1, ['r/+', 1])
    expect(await receivedUntil(board, 'kept')).toEqual(['r/1 kept q1 retained'])
  })
})
