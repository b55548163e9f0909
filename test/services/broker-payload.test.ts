import { afterEach, describe, expect, test } from '@jest/globals'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import {
  type BrokerRig,
  cleanUp,
  connectBoard,
  connectClient,
  payloads,
  publishPacket,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const TOPIC = 'buzzer/a/cmd'

const heldRig = async () => {
  const rig = await startBroker(cleanups)
  rig.control.hold = true
  return rig
}

/** Collects what one subscriber gets, as `payload` or `payload retained`. */
const listen = async (rig: BrokerRig, qos: 0 | 1 | 2 = 1) => {
  const got: string[] = []
  const client = await connectClient(cleanups, rig)
  client.on('message', (_topic, payload, { retain }) => got.push(`${payload}${retain ? ' retained' : ''}`))
  await client.subscribeAsync('buzzer/#', { qos })
  return got
}

describe('a payload that the intake gives', () => {
  test.each([0, 1, 2] as const)('is what subscribers are sent of a message with QoS %i', async (qos) => {
    const rig = await heldRig()
    const got = await listen(rig, qos)
    const sender = await connectClient(cleanups, rig)
    const sent = sender.publishAsync(TOPIC, 'ON', { qos })
    await eventually(() => rig.taken.length === 1)
    rig.taken[0]?.done(undefined, Buffer.from('{"requestId":"7"}'))
    await sent
    await eventually(() => got.length === 1)
    expect(got).toEqual(['{"requestId":"7"}'])
    expect(payloads(rig)[0]).not.toBe('')
  })

  test('is what a session that is away is sent when it comes back', async () => {
    const rig = await heldRig()
    const session = { clean: false, clientId: 'sleeper' } as const
    const sleeper = await connectClient(cleanups, rig, session)
    await sleeper.subscribeAsync(TOPIC, { qos: 1 })
    await sleeper.endAsync()
    const sender = await connectClient(cleanups, rig)
    const sent = sender.publishAsync(TOPIC, 'ON', { qos: 1 })
    await eventually(() => rig.taken.length === 1)
    rig.taken[0]?.done(undefined, Buffer.from('ours'))
    await sent
    const again = await connectBoard(cleanups, rig, session)
    const packet = await again.next('publish')
    expect(packet.cmd === 'publish' && packet.payload.toString()).toBe('ours')
  })

  test('that is empty clears what was retained, and nothing is retained', async () => {
    const rig = await startBroker(cleanups)
    const sender = await connectClient(cleanups, rig)
    await sender.publishAsync(TOPIC, 'old', { qos: 1, retain: true })
    const early = await listen(rig)
    await eventually(() => early.length === 1)
    expect(early).toEqual(['old retained'])
    rig.control.hold = true
    const sent = sender.publishAsync(TOPIC, 'ON', { qos: 1, retain: true })
    await eventually(() => rig.taken.length === 2)
    rig.taken[1]?.done(undefined, Buffer.alloc(0))
    await sent
    rig.control.hold = false
    const late = await listen(rig)
    await sender.publishAsync(TOPIC, 'end', { qos: 1 })
    await eventually(() => late.length > 0)
    expect(late).toEqual(['end'])
  })

  test.each([0, 1, 2] as const)('is what subscribers are sent of a will with QoS %i', async (qos) => {
    const rig = await heldRig()
    const got = await listen(rig, qos)
    const board = await connectBoard(cleanups, rig, {
      will: { topic: TOPIC, payload: Buffer.from('ON'), qos, retain: false },
    })
    board.socket.destroy()
    await eventually(() => rig.taken.length === 1)
    rig.taken[0]?.done(undefined, Buffer.from('ours'))
    await eventually(() => got.length === 1)
    expect(got).toEqual(['ours'])
  })

  test('is that of every sending of a QoS 2 message that was sent again while it was held', async () => {
    const rig = await heldRig()
    const got = await listen(rig, 2)
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(5, 2, { topic: TOPIC, payload: 'ON' }))
    await eventually(() => rig.taken.length === 1)
    board.send(publishPacket(5, 2, { topic: TOPIC, payload: 'ON', dup: true }), { cmd: 'pingreq' })
    await board.next('pingresp')
    rig.taken[0]?.done(undefined, Buffer.from('ours'))
    await board.next('pubrec', 5)
    board.send({ cmd: 'pubrel', messageId: 5 })
    await board.next('pubcomp', 5)
    await eventually(() => got.length > 0)
    await settled(50)
    expect(new Set(got)).toEqual(new Set(['ours']))
  })
})
