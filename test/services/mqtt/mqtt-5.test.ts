import { afterEach, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import mqttPacket, { type IConnackPacket } from 'mqtt-packet'
import { eventually } from '../../support/eventually.ts'
import { cleanUp } from '../broker-rig.ts'
import { answerBeforeClose, frame, startWire, text } from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const HINT = 'this server speaks MQTT 3.1.1, protocol level 4'

/** Level 5, clean start, no properties. */
const connect5 = (...rest: readonly Buffer[]): Buffer =>
  frame(
    0x10,
    text('MQTT'),
    Buffer.of(5, 2, 0, 60),
    ...(rest.length > 0 ? rest : [Buffer.of(0), text('five')]),
  )

test('a CONNECT of MQTT 5 is refused in its own form: reason code 0x84, and why', async () => {
  const wire = await startWire(cleanups)
  const answer = Buffer.from(await answerBeforeClose(wire, connect5()), 'hex')
  const parser = mqttPacket.parser({ protocolVersion: 5 })
  const packets: IConnackPacket[] = []
  parser.on('packet', (packet) => packets.push(packet as IConnackPacket))
  expect(parser.parse(answer)).toBe(0)
  expect(packets).toMatchObject([{ cmd: 'connack', reasonCode: 0x84, properties: { reasonString: HINT } }])
  expect(wire.refused).toEqual(['protocol level 5 is not served'])
  expect(wire.rig.broker.connections).toBe(0)
})

test('so is one whose properties, or what follows them, nobody here can read', async () => {
  const wire = await startWire(cleanups)
  const answer = await answerBeforeClose(wire, connect5(Buffer.of(3, 0x7f, 0xff, 0xff), text('five')))
  expect(answer.slice(4, 8)).toBe('0084')
})

test('what is sent right behind it is not read', async () => {
  const wire = await startWire(cleanups)
  const publish = frame(0x30, text('sensors/a/data'), Buffer.of(0), Buffer.from('1'))
  expect((await answerBeforeClose(wire, connect5(), publish)).slice(4, 8)).toBe('0084')
  expect(wire.rig.taken).toEqual([])
})

test('MQTT.js with protocol version 5 tells its user why', async () => {
  const wire = await startWire(cleanups)
  const url = `mqtt://127.0.0.1:${wire.rig.address.port}`
  const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 0 })
  cleanups.push(() => client.endAsync(true).catch(() => undefined))
  const errors: string[] = []
  client.on('error', ({ message }) => errors.push(message))
  await eventually(() => errors.length > 0)
  expect(errors).toEqual(['Connection refused: Unsupported Protocol Version'])
})
