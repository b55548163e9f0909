import { afterEach, describe, expect, test } from '@jest/globals'
import { eventually } from '../../support/eventually.ts'
import { cleanUp } from '../broker-rig.ts'
import {
  answerBeforeClose,
  connectBytes,
  frame,
  hangUp,
  PINGREQ,
  send,
  startWire,
  subscribe,
  text,
} from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

describe('the first packet', () => {
  test.each([
    ['PINGREQ', PINGREQ],
    ['PUBLISH', frame(0x30, text('a'))],
    ['SUBSCRIBE', frame(0x82, Buffer.of(0, 1), text('a'), Buffer.of(0))],
    ['DISCONNECT', Buffer.of(0xe0, 0)],
  ])('[MQTT-3.1.0-1] a %s before CONNECT closes the connection', async (_, bytes) => {
    const wire = await startWire(cleanups)
    expect(await answerBeforeClose(wire, bytes)).toBe('')
    expect(wire.rig.taken).toEqual([])
  })

  test('[MQTT-3.1.0-2] a second CONNECT closes the connection, whatever its level', async () => {
    const wire = await startWire(cleanups)
    for (const level of [4, 5, 6]) {
      const board = await wire.connect('twice')
      board.socket.write(connectBytes({ level }))
      await eventually(() => board.isClosed)
      expect(board.packets.map(({ cmd }) => cmd)).toEqual(['connack'])
    }
    expect(wire.refused).toEqual([])
  })
})

describe('the variable header', () => {
  test('[MQTT-3.1.2-1] another protocol name closes the connection without an answer', async () => {
    const wire = await startWire(cleanups)
    expect(await answerBeforeClose(wire, connectBytes({ name: 'MQTx' }))).toBe('')
    expect(await answerBeforeClose(wire, connectBytes({ header: 0x11 }))).toBe('')
  })

  test.each([0, 1, 2, 6, 127])('[MQTT-3.1.2-2] level %i is refused with return code 1', async (level) => {
    const wire = await startWire(cleanups)
    expect(await answerBeforeClose(wire, connectBytes({ level }))).toBe('20020001')
    expect(wire.refused).toEqual([`protocol level ${level} is not served`])
  })

  test.each([
    ['[MQTT-3.1.2-3] the reserved flag', 0x03, [text('a')]],
    ['[MQTT-3.1.2-13] a will QoS without a will', 0x0a, [text('a')]],
    ['[MQTT-3.1.2-14] a will QoS of 3', 0x1e, [text('a'), text('w'), text('m')]],
    ['[MQTT-3.1.2-15] a retained will without a will', 0x22, [text('a')]],
    ['[MQTT-3.1.2-22] a password without a user name', 0x42, [text('a'), text('p')]],
  ])('%s closes the connection without an answer', async (_, flags, rest) => {
    expect(await answerBeforeClose(await startWire(cleanups), connectBytes({ flags, rest }))).toBe('')
  })

  test('[MQTT-3.1.2-24] a client that is silent for 1.5 times its keepalive is closed, one that pings is not', async () => {
    const wire = await startWire(cleanups)
    const silent = await wire.connect('silent', { keepalive: 1 })
    const alive = await wire.connect('alive', { keepalive: 1 })
    const pings = setInterval(() => alive.socket.write(PINGREQ), 300)
    cleanups.push(() => clearInterval(pings))
    await eventually(() => silent.isClosed)
    expect(alive.isClosed).toBe(false)
  })
})

describe('the client id', () => {
  test('[MQTT-3.1.3-6] none with a clean session is given one, each another', async () => {
    const wire = await startWire(cleanups)
    const ids: string[] = []
    wire.rig.broker.events.on('client:connected', ({ clientId }) => ids.push(clientId))
    await wire.connect('')
    await wire.connect('')
    await eventually(() => ids.length === 2)
    expect(new Set(ids.filter((each) => each !== '')).size).toBe(2)
    expect(wire.rig.broker.connections).toBe(2)
  })

  test('[MQTT-3.1.3-8] none with a session to be kept is refused with return code 2', async () => {
    const wire = await startWire(cleanups)
    expect(await answerBeforeClose(wire, connectBytes({ flags: 0, rest: [text('')] }))).toBe('20020002')
    expect(wire.refused).toEqual(['a session to be kept without a client id'])
  })

  test('[MQTT-3.1.4-2] one that is connected already is taken over: the first connection is closed', async () => {
    const wire = await startWire(cleanups)
    const first = await wire.connect('board')
    const second = await wire.connect('board')
    await eventually(() => first.isClosed)
    await send(second, 1, 1, { topic: 'sensors/board/data', payload: 'on' })
    expect(wire.rig.broker.connections).toBe(1)
  })
})

describe('the session', () => {
  const KEPT = { clean: false } as const
  const connack = (board: { readonly packets: readonly object[] }) => board.packets[0]

  test('[MQTT-3.2.2-1] a clean session is never present', async () => {
    const wire = await startWire(cleanups)
    await hangUp(wire.rig, await wire.connect('a', KEPT))
    const clean = await wire.connect('a')
    expect(connack(clean)).toMatchObject({ returnCode: 0, sessionPresent: false })
  })

  test('[MQTT-3.2.2-2] a kept session is present when its client is back, with subscriptions and without', async () => {
    const wire = await startWire(cleanups)
    const first = await wire.connect('a', KEPT)
    expect(connack(first)).toMatchObject({ sessionPresent: false })
    await hangUp(wire.rig, first)
    const second = await wire.connect('a', KEPT)
    expect(connack(second)).toMatchObject({ sessionPresent: true })
    await subscribe(second, 1, ['a', 1])
    await hangUp(wire.rig, second)
    expect(connack(await wire.connect('a', KEPT))).toMatchObject({ sessionPresent: true })
  })

  test('[MQTT-3.1.2-6] a clean session ends the kept one before it', async () => {
    const wire = await startWire(cleanups)
    const first = await wire.connect('a', KEPT)
    await subscribe(first, 1, ['a', 1])
    await hangUp(wire.rig, first)
    await hangUp(wire.rig, await wire.connect('a'))
    expect(connack(await wire.connect('a', KEPT))).toMatchObject({ sessionPresent: false })
  })

  test('[MQTT-3.2.2-2] a session survives a restart of the broker', async () => {
    const wire = await startWire(cleanups)
    await wire.connect('a', KEPT)
    await wire.rig.stop()
    const next = await startWire(cleanups, { folder: wire.rig.folder })
    expect(connack(await next.connect('a', KEPT))).toMatchObject({ sessionPresent: true })
  })
})
