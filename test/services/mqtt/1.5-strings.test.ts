import { afterEach, describe, expect, test } from '@jest/globals'
import { cleanUp } from '../broker-rig.ts'
import {
  answerBeforeClose,
  answerWhileOpen,
  closesConnected,
  connectBytes,
  frame,
  id,
  publishBytes,
  startWire,
  subscribeBytes,
  text,
} from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const ILL_FORMED = [
  ['a byte that begins nothing', Buffer.of(0x61, 0xff)],
  ['a surrogate [MQTT-1.5.3-1]', Buffer.of(0xed, 0xa0, 0x80)],
  ['an overlong form', Buffer.of(0xc0, 0x80)],
  ['a character that is cut', Buffer.of(0x61, 0xe2, 0x82)],
  ['U+0000 [MQTT-1.5.3-2]', Buffer.from('a\0b')],
] as const

describe.each(ILL_FORMED)('[MQTT-1.5.3-1] %s', (_, bytes) => {
  test('in the topic of a PUBLISH closes the connection, and nothing is acked or taken in', async () => {
    const wire = await startWire(cleanups)
    expect(await closesConnected(wire, publishBytes(0x32, bytes, id(1)))).toBe('')
    expect(wire.rig.taken).toEqual([])
  })

  test('in a filter, a client id, a user name or a will topic closes the connection', async () => {
    const wire = await startWire(cleanups)
    expect(await closesConnected(wire, subscribeBytes(bytes))).toBe('')
    expect(await closesConnected(wire, frame(0xa2, id(1), text(bytes)))).toBe('')
    expect(await answerBeforeClose(wire, connectBytes({ rest: [text(bytes)] }))).toBe('')
    expect(await answerBeforeClose(wire, connectBytes({ flags: 0x82, rest: [text('a'), text(bytes)] }))).toBe(
      '',
    )
    const will = [text('a'), text(bytes), text('gone')]
    expect(await answerBeforeClose(wire, connectBytes({ flags: 6, rest: will }))).toBe('')
  })
})

test('[MQTT-1.5.3-3] U+FEFF is part of a topic, wherever it stands, and U+FFFD is a character', async () => {
  const wire = await startWire(cleanups)
  for (const topic of ['\ufeffa', '\ufffd', 'grün/温度/🌡']) {
    expect(await answerWhileOpen(wire, publishBytes(0x32, topic, id(1)))).toContain('puback 1')
  }
  expect(wire.rig.taken.map(({ message }) => message.topic)).toEqual(['\ufeffa', '\ufffd', 'grün/温度/🌡'])
})

test('[MQTT-4.7.3-1] an empty topic or filter closes the connection', async () => {
  const wire = await startWire(cleanups)
  expect(await closesConnected(wire, publishBytes(0x32, '', id(1)))).toBe('')
  expect(await closesConnected(wire, subscribeBytes(''))).toBe('')
  expect(await closesConnected(wire, frame(0xa2, id(1), text('')))).toBe('')
  expect(wire.rig.taken).toEqual([])
})
