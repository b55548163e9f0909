import { afterEach, expect, test } from '@jest/globals'
import { cleanUp } from '../broker-rig.ts'
import {
  answerBeforeClose,
  answerWhileOpen,
  closesConnected,
  connectBytes,
  frame,
  id,
  PINGREQ,
  publishBytes,
  startWire,
  text,
} from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const FILTER = [text('a'), Buffer.of(0)] as const

test.each([
  ['PUBACK', frame(0x41, id(1))],
  ['PUBREC', frame(0x51, id(1))],
  ['PUBREL', frame(0x60, id(1))],
  ['PUBCOMP', frame(0x71, id(1))],
  ['SUBSCRIBE [MQTT-3.8.1-1]', frame(0x80, id(1), ...FILTER)],
  ['UNSUBSCRIBE [MQTT-3.10.1-1]', frame(0xa0, id(1), text('a'))],
  ['PINGREQ', Buffer.of(0xc1, 0)],
  ['DISCONNECT [MQTT-3.14.1-1]', Buffer.of(0xe1, 0)],
])(
  '[MQTT-2.2.2-2] reserved flags of a %s that are not as they must be close the connection',
  async (_, bytes) => {
    expect(await closesConnected(await startWire(cleanups), bytes)).toBe('')
  },
)

test.each([
  ['type 0', Buffer.of(0x00, 0)],
  ['type 15', Buffer.of(0xf0, 0)],
  ['CONNACK', Buffer.of(0x20, 2, 0, 0)],
  ['SUBACK', Buffer.of(0x90, 3, 0, 1, 0)],
  ['UNSUBACK', Buffer.of(0xb0, 2, 0, 1)],
  ['PINGRESP', Buffer.of(0xd0, 0)],
])('[MQTT-2.2.1] a %s is nothing a client may send: the connection is closed', async (_, bytes) => {
  expect(await closesConnected(await startWire(cleanups), bytes)).toBe('')
})

test('[MQTT-2.2.3] a remaining length of more than four bytes closes the connection', async () => {
  const wire = await startWire(cleanups)
  const endless = [0xff, 0xff, 0xff, 0xff, 0x01]
  expect(await closesConnected(wire, Buffer.of(0x30, ...endless))).toBe('')
  expect(await answerBeforeClose(wire, Buffer.of(0x10, ...endless))).toBe('')
})

test.each([
  ['PUBLISH of QoS 1', publishBytes(0x32, 'a', id(0))],
  ['PUBLISH of QoS 2', publishBytes(0x34, 'a', id(0))],
  ['SUBSCRIBE', frame(0x82, id(0), ...FILTER)],
  ['UNSUBSCRIBE', frame(0xa2, id(0), text('a'))],
  ['PUBACK', frame(0x40, id(0))],
  ['PUBREL', frame(0x62, id(0))],
])('[MQTT-2.3.1-1] a %s with the packet identifier 0 closes the connection', async (_, bytes) => {
  const wire = await startWire(cleanups)
  expect(await closesConnected(wire, bytes)).toBe('')
  expect(wire.rig.taken).toEqual([])
})

test.each([
  ['PUBLISH without its identifier', publishBytes(0x32, 'a')],
  ['PUBLISH with a topic longer than itself', frame(0x30, Buffer.of(0, 50, 0x61))],
  ['SUBSCRIBE without the QoS of its filter', frame(0x82, id(1), text('a'))],
  ['SUBSCRIBE without anything', Buffer.of(0x82, 0)],
  ['PUBACK without an identifier', Buffer.of(0x40, 0)],
  ['PUBACK with more than an identifier', frame(0x40, id(1), Buffer.of(0))],
  ['PINGREQ with a payload', Buffer.of(0xc0, 1, 0)],
])('[MQTT-4.8.0-1] a %s closes the connection', async (_, bytes) => {
  const wire = await startWire(cleanups)
  // What follows must not be taken for what is missing.
  expect(await closesConnected(wire, Buffer.concat([bytes, PINGREQ]))).toBe('')
  expect(wire.rig.taken).toEqual([])
})

test.each([
  ['nothing behind its header', connectBytes({ rest: [] })],
  ['a client id longer than itself', connectBytes({ rest: [Buffer.of(0, 9, 0x61)] })],
  ['more than its fields', connectBytes({ rest: [text('a'), Buffer.from('more')] })],
])('[MQTT-4.8.0-1] a CONNECT with %s closes the connection without an answer', async (_, bytes) => {
  expect(await answerBeforeClose(await startWire(cleanups), bytes)).toBe('')
})

test('[MQTT-4.8.0-1] what is no MQTT at all closes the connection', async () => {
  const wire = await startWire(cleanups)
  expect(await answerBeforeClose(wire, Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe('')
})

test('a packet in pieces of one byte is one packet', async () => {
  const wire = await startWire(cleanups)
  const board = await wire.connect('slow')
  for (const byte of publishBytes(0x32, 'sensors/a/data', id(7), Buffer.from('1'))) {
    board.socket.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await board.next('puback', 7)
})

test('[MQTT-3.12.4-1] a PINGREQ is answered with a PINGRESP', async () => {
  expect(await answerWhileOpen(await startWire(cleanups), PINGREQ)).toContain('pingresp')
})
