import { afterEach, describe, expect, test } from '@jest/globals'
import type { IPublishPacket } from 'mqtt-packet'
import { eventually } from '../../support/eventually.ts'
import { cleanUp, payloads, publishPacket, type RawBoard } from '../broker-rig.ts'
import { frame, hangUp, id, receivedIds, receivedUntil, send, startWire, subscribe } from './wire.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const KEPT = { clean: false } as const

/** A kept session that listens to `s/+`, and who sends to it. */
const setUp = async (granted: 1 | 2) => {
  const wire = await startWire(cleanups)
  const board = await wire.connect('listener', KEPT)
  await subscribe(board, 1, ['s/+', granted])
  return { wire, board, sender: await wire.connect('sender') }
}

const first = (board: RawBoard): Promise<IPublishPacket> => board.next('publish') as Promise<IPublishPacket>

describe('what clients send', () => {
  test('[MQTT-4.3.2-2] QoS 1 is answered with a PUBACK of its identifier, each time', async () => {
    const wire = await startWire(cleanups)
    const board = await wire.connect('a')
    board.send(publishPacket(7, 1), publishPacket(7, 1, { dup: true }))
    await eventually(() => board.packets.filter(({ cmd }) => cmd === 'puback').length === 2)
    expect(payloads(wire.rig)).toEqual(['7', '7'])
  })

  test('[MQTT-4.6.0-2] acks come in the order of the messages', async () => {
    const wire = await startWire(cleanups)
    const board = await wire.connect('a')
    const ids = Array.from({ length: 50 }, (_, at) => at + 1)
    board.send(...ids.map((each) => publishPacket(each, 1)))
    await board.next('puback', 50)
    expect(board.packets.slice(1).map(({ messageId }) => messageId)).toEqual(ids)
  })

  test('[MQTT-4.3.3-2] QoS 2 is taken in once: PUBREC, PUBREL, PUBCOMP, and again to who asks again', async () => {
    const wire = await startWire(cleanups)
    const board = await wire.connect('a')
    board.send(publishPacket(7, 2))
    await board.next('pubrec', 7)
    board.send(publishPacket(7, 2, { dup: true }))
    await eventually(() => board.packets.filter(({ cmd }) => cmd === 'pubrec').length === 2)
    board.send({ cmd: 'pubrel', messageId: 7 }, { cmd: 'pubrel', messageId: 7 })
    await eventually(() => board.packets.filter(({ cmd }) => cmd === 'pubcomp').length === 2)
    expect(payloads(wire.rig)).toEqual(['7'])
  })

  test('[MQTT-3.6.4-1] a PUBREL of nothing is answered with a PUBCOMP, and acks of nothing are let be', async () => {
    const wire = await startWire(cleanups)
    const stray = [frame(0x40, id(9)), frame(0x50, id(9)), frame(0x70, id(9)), frame(0x62, id(9))]
    const board = await wire.connect('raw')
    board.socket.write(Buffer.concat(stray))
    await board.next('pubcomp', 9)
    board.send({ cmd: 'pingreq' })
    await board.next('pingresp')
  })
})

describe('what clients are sent', () => {
  test('[MQTT-4.3.3-1] QoS 2 goes on with a PUBREL when it was received, and ends with the PUBCOMP', async () => {
    const { wire, board, sender } = await setUp(2)
    await send(sender, 1, 2, { topic: 's/1', payload: 'two' })
    const { messageId = 0 } = await first(board)
    board.send({ cmd: 'pubrec', messageId })
    await board.next('pubrel', messageId)
    await hangUp(wire.rig, board)
    // Received, so not sent again: only the PUBREL is [MQTT-4.4.0-1].
    const back = await wire.connect('listener', KEPT)
    await back.next('pubrel', messageId)
    back.send({ cmd: 'pubcomp', messageId }, { cmd: 'pingreq' })
    await back.next('pingresp')
    await hangUp(wire.rig, back)
    const last = await wire.connect('listener', KEPT)
    await send(sender, 2, 2, { topic: 's/1', payload: 'end' })
    expect(await receivedUntil(last, 'end')).toEqual(['s/1 end q2'])
    expect(last.has('pubrel')).toBe(false)
  })

  test.each([1, 2] as const)(
    '[MQTT-4.4.0-1] QoS %i that was not acked is sent again with DUP, in order, under its identifiers, before what is new',
    async (qos) => {
      const { wire, board, sender } = await setUp(qos)
      for (const payload of ['1', '2', '3']) await send(sender, Number(payload), 2, { topic: 's/1', payload })
      await receivedUntil(board, '3')
      const ids = receivedIds(board)
      await hangUp(wire.rig, board)
      await send(sender, 4, 2, { topic: 's/2', payload: 'new' })
      const back = await wire.connect('listener', KEPT)
      expect(await receivedUntil(back, 'new')).toEqual([
        `s/1 1 q${qos} dup`,
        `s/1 2 q${qos} dup`,
        `s/1 3 q${qos} dup`,
        `s/2 new q${qos}`,
      ])
      expect(receivedIds(back).slice(0, 3)).toEqual(ids)
    },
  )

  test('[MQTT-4.3.2-1] what was acked is not sent again', async () => {
    const { wire, board, sender } = await setUp(1)
    await send(sender, 1, 2, { topic: 's/1', payload: 'acked' })
    const { messageId = 0 } = await first(board)
    board.send({ cmd: 'puback', messageId }, { cmd: 'pingreq' })
    await board.next('pingresp')
    await hangUp(wire.rig, board)
    await send(sender, 2, 2, { topic: 's/1', payload: 'new' })
    expect(await receivedUntil(await wire.connect('listener', KEPT), 'new')).toEqual(['s/1 new q1'])
  })

  test('[MQTT-3.1.2-5] QoS 0 is not kept for who is away, nor by a filter of QoS 0', async () => {
    const { wire, board, sender } = await setUp(1)
    await subscribe(board, 2, ['zero', 0])
    await hangUp(wire.rig, board)
    await send(sender, 1, 2, { topic: 'zero', payload: 'lost' })
    await send(sender, 0, 0, { topic: 's/1', payload: 'lost too' })
    await send(sender, 2, 2, { topic: 's/1', payload: 'new' })
    expect(await receivedUntil(await wire.connect('listener', KEPT), 'new')).toEqual(['s/1 new q1'])
  })

  test.each([
    ['kept', 1],
    ['kept', 2],
    ['clean', 1],
    ['clean', 2],
  ] as const)(
    '[MQTT-4.6.0-6] to a %s session messages of one sender with QoS %i come in their order',
    async (kind, qos) => {
      const { wire, board, sender } = await setUp(qos)
      const listener = kind === 'kept' ? board : await wire.connect('clean')
      if (kind === 'clean') await subscribe(listener, 1, ['s/+', qos])
      const ids = Array.from({ length: 200 }, (_, at) => at + 1)
      sender.send(...ids.map((each) => publishPacket(each, qos, { topic: 's/1' })))
      await eventually(() => receivedIds(listener).length === ids.length)
      expect(await receivedUntil(listener, '200')).toEqual(ids.map((each) => `s/1 ${each} q${qos}`))
      expect(payloads(wire.rig)).toEqual(ids.map(String))
    },
  )

  test('[MQTT-4.6.0-6] nor do those overtake each other that wait for a session', async () => {
    const { wire, board, sender } = await setUp(2)
    await hangUp(wire.rig, board)
    const ids = Array.from({ length: 100 }, (_, at) => at + 1)
    sender.send(...ids.map((each) => publishPacket(each, 2, { topic: 's/1' })))
    await sender.next('pubrec', 100)
    expect(await receivedUntil(await wire.connect('listener', KEPT), '100')).toEqual(
      ids.map((each) => `s/1 ${each} q2`),
    )
  })
})
