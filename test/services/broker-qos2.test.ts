import { afterEach, describe, expect, test } from '@jest/globals'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { cleanUp, connectBoard, connectClient, payloads, publishPacket, startBroker } from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const heldRig = async () => {
  const rig = await startBroker(cleanups)
  rig.control.hold = true
  return rig
}

const PERSISTENT = { clean: false, clientId: 'board' } as const

describe('a QoS 2 message', () => {
  test('gets its PUBREC only once the intake is done with it, then the rest of its handshake', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(5, 2))
    await eventually(() => rig.taken.length === 1)
    await settled(50)
    expect(board.has('pubrec')).toBe(false)
    rig.taken[0]?.done()
    await board.next('pubrec', 5)
    board.send({ cmd: 'pubrel', messageId: 5 })
    await board.next('pubcomp', 5)
  })

  test('sent again while the first is held is taken in once', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(5, 2))
    await eventually(() => rig.taken.length === 1)
    board.send(publishPacket(5, 2, { dup: true }), publishPacket(6, 2))
    await eventually(() => rig.taken.length === 2)
    expect(payloads(rig)).toEqual(['5', '6'])
    for (const { done } of rig.taken) done()
    await board.next('pubrec', 5)
    await board.next('pubrec', 6)
    expect(rig.taken).toHaveLength(2)
  })

  test('sent again after its PUBREC is answered again and not taken in again', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(5, 2))
    await board.next('pubrec', 5)
    board.send(publishPacket(5, 2, { dup: true }))
    await eventually(() => board.packets.filter(({ cmd }) => cmd === 'pubrec').length === 2)
    expect(rig.taken).toHaveLength(1)
  })

  test('of another content under the same identifier is another message, and taken in', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(5, 2))
    await board.next('pubrec', 5)
    board.send(publishPacket(5, 2, { payload: 'another' }))
    await eventually(() => board.packets.filter(({ cmd }) => cmd === 'pubrec').length === 2)
    expect(payloads(rig)).toEqual(['5', 'another'])
  })

  test('of another content is taken in while the first is held, too', async () => {
    const rig = await heldRig()
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(5, 2))
    await eventually(() => rig.taken.length === 1)
    board.send(publishPacket(5, 2, { payload: 'another' }))
    await eventually(() => rig.taken.length === 2)
    expect(payloads(rig)).toEqual(['5', 'another'])
    for (const { done } of rig.taken) done()
  })

  test('sent again over a reconnect of a kept session is answered and not taken in again', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig, PERSISTENT)
    board.send(publishPacket(5, 2))
    await board.next('pubrec', 5)
    board.socket.destroy()
    const again = await connectBoard(cleanups, rig, PERSISTENT)
    again.send(publishPacket(5, 2, { dup: true }))
    await again.next('pubrec', 5)
    again.send({ cmd: 'pubrel', messageId: 5 })
    await again.next('pubcomp', 5)
    expect(rig.taken).toHaveLength(1)
  })

  test('sent again over a restart of the broker is answered and not taken in again', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig, PERSISTENT)
    board.send(publishPacket(5, 2))
    await board.next('pubrec', 5)
    await rig.stop()
    const next = await startBroker(cleanups, { folder: rig.folder })
    const again = await connectBoard(cleanups, next, PERSISTENT)
    again.send(publishPacket(5, 2, { dup: true }))
    await again.next('pubrec', 5)
    expect(next.taken).toEqual([])
  })

  test('sent again is taken in again where what was durable may be lost', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig, PERSISTENT)
    board.send(publishPacket(5, 2))
    await board.next('pubrec', 5)
    await rig.stop()
    const next = await startBroker(cleanups, { folder: rig.folder })
    next.broker.distrustSessions()
    const again = await connectBoard(cleanups, next, PERSISTENT)
    again.send(publishPacket(5, 2, { dup: true }))
    await again.next('pubrec', 5)
    expect(payloads(next)).toEqual(['5'])
    again.send({ cmd: 'pubrel', messageId: 5 })
    await again.next('pubcomp', 5)
  })

  test('of a new clean session is new, though it has the id of one that was never released', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    board.send(publishPacket(5, 2, { payload: 'old' }))
    await board.next('pubrec', 5)
    board.socket.destroy()
    const again = await connectBoard(cleanups, rig)
    again.send(publishPacket(5, 2, { payload: 'new' }))
    await again.next('pubrec', 5)
    expect(payloads(rig)).toEqual(['old', 'new'])
  })

  test('with the id of one that went all the way is new', async () => {
    const rig = await startBroker(cleanups)
    const board = await connectBoard(cleanups, rig)
    for (const payload of ['first', 'second']) {
      board.send(publishPacket(5, 2, { payload }))
      await eventually(() => board.packets.at(-1)?.cmd === 'pubrec')
      board.send({ cmd: 'pubrel', messageId: 5 })
      await eventually(() => board.packets.at(-1)?.cmd === 'pubcomp')
    }
    expect(payloads(rig)).toEqual(['first', 'second'])
  })

  test('that the intake refuses is taken in when it is sent again', async () => {
    const rig = await startBroker(cleanups)
    rig.control.failWith = new Error('the spool is full')
    const board = await connectBoard(cleanups, rig, PERSISTENT)
    board.send(publishPacket(5, 2))
    await eventually(() => board.isClosed)
    expect(board.has('pubrec')).toBe(false)
    rig.control.failWith = undefined
    const again = await connectBoard(cleanups, rig, PERSISTENT)
    again.send(publishPacket(5, 2, { dup: true }))
    await again.next('pubrec', 5)
    expect(rig.taken).toHaveLength(2)
  })

  test('from MQTT.js, hundreds at once: each is taken in once', async () => {
    const rig = await startBroker(cleanups)
    const client = await connectClient(cleanups, rig)
    const names = Array.from({ length: 300 }, (_, index) => `${index}`)
    await Promise.all(names.map((name) => client.publishAsync('sensors/a/data', name, { qos: 2 })))
    expect([...payloads(rig)].sort()).toEqual([...names].sort())
  })
})
