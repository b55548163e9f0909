import { afterEach, describe, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
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

const TOPIC = 'sensors/a/data'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

interface Heard {
  readonly payload: string
  readonly qos: number
  readonly retain: boolean
}

const hear = (client: MqttClient): Heard[] => {
  const heard: Heard[] = []
  client.on('message', (_topic, payload, { qos, retain }) =>
    heard.push({ payload: payload.toString(), qos, retain }),
  )
  return heard
}

const subscriber = async (rig: BrokerRig, filter: string, qos: 0 | 1 | 2 = 1) => {
  const client = await connectClient(cleanups, rig)
  const heard = hear(client)
  await client.subscribeAsync(filter, { qos })
  return { client, heard }
}

/** A topic that both of the broker's memories know to have no listener: the first publish teaches them. */
const silence = async (rig: BrokerRig) => {
  const board = await connectBoard(cleanups, rig, { clientId: 'teacher' })
  for (const id of [1, 2, 3]) {
    board.send(publishPacket(id, 1))
    await board.next('puback', id)
  }
  return board
}

describe('a topic known to have no listener', () => {
  test('has one from the moment a subscriber gets its SUBACK, at each QoS and by wildcard too', async () => {
    for (const [filter, qos] of [
      [TOPIC, 0],
      [TOPIC, 1],
      [TOPIC, 2],
      ['sensors/+/data', 1],
      ['#', 1],
    ] as const) {
      const rig = await startBroker(cleanups)
      const board = await silence(rig)
      const { heard } = await subscriber(rig, filter, qos)
      board.send(publishPacket(9, 1))
      await board.next('puback', 9)
      await eventually(() => heard.length > 0)
      expect(heard).toEqual([{ payload: '9', qos: Math.min(qos, 1), retain: false }])
      await cleanUp(cleanups)
    }
  })

  test('of a message whose ack was held is one no more when somebody subscribed meanwhile', async () => {
    const rig = await startBroker(cleanups)
    const board = await silence(rig)
    rig.control.hold = true
    board.send(publishPacket(9, 1))
    await eventually(() => rig.taken.length === 4)
    const { heard } = await subscriber(rig, TOPIC)
    rig.taken[3]?.done()
    await board.next('puback', 9)
    await eventually(() => heard.length > 0)
    expect(heard).toEqual([{ payload: '9', qos: 1, retain: false }])
  })

  test('is queued for a session that subscribed and went', async () => {
    const rig = await startBroker(cleanups)
    const board = await silence(rig)
    const away = await connectClient(cleanups, rig, { clientId: 'away', clean: false })
    await away.subscribeAsync(TOPIC, { qos: 1 })
    await away.endAsync()
    board.send(publishPacket(8, 1), publishPacket(9, 1))
    await board.next('puback', 9)
    const back = await connectClient(cleanups, rig, { clientId: 'away', clean: false, manualConnect: false })
    const heard = hear(back)
    await eventually(() => heard.length === 2)
    expect(heard.map(({ payload, qos }) => [payload, qos])).toEqual([
      ['8', 1],
      ['9', 1],
    ])
  })

  test('is silent again after the last subscriber went, and is acked as before', async () => {
    const rig = await startBroker(cleanups)
    const { client, heard } = await subscriber(rig, TOPIC)
    await client.unsubscribeAsync(TOPIC)
    const board = await silence(rig)
    await settled()
    expect(heard).toEqual([])
    expect(payloads(rig)).toEqual(['1', '2', '3'])
    board.send(publishPacket(4, 1))
    await board.next('puback', 4)
  })

  test('keeps a retained message for who comes later', async () => {
    const rig = await startBroker(cleanups)
    const board = await silence(rig)
    board.send(
      publishPacket(7, 1, { retain: true }),
      publishPacket(8, 1, { retain: true, payload: 'newest' }),
    )
    await board.next('puback', 8)
    await settled(20)
    const { heard } = await subscriber(rig, TOPIC)
    await eventually(() => heard.length === 1)
    expect(heard).toEqual([{ payload: 'newest', qos: 1, retain: true }])
  })
})

test('overlapping subscriptions of one client get a message once, before and after silence', async () => {
  const rig = await startBroker(cleanups)
  const board = await silence(rig)
  const { client, heard } = await subscriber(rig, 'sensors/#', 1)
  await client.subscribeAsync(TOPIC, { qos: 1 })
  await client.subscribeAsync('sensors/+/data', { qos: 0 })
  board.send(publishPacket(8, 1), publishPacket(9, 1))
  await board.next('puback', 9)
  await eventually(() => heard.some(({ payload }) => payload === '9'))
  await settled(50)
  expect(heard.map(({ payload }) => payload)).toEqual(['8', '9'])
})

test('acks come in the order of their messages, whether anybody listens or not [MQTT-4.6.0-2]', async () => {
  const rig = await startBroker(cleanups)
  await subscriber(rig, 'heard/#')
  const board = await connectBoard(cleanups, rig)
  const ids = Array.from({ length: 200 }, (_, index) => index + 1)
  for (let round = 0; round < 3; round += 1) {
    const known = board.packets.length
    board.send(
      ...ids.map((id) =>
        publishPacket(id, 1, { topic: id % 3 === 0 ? 'heard/x' : `unheard/${id % 2}`, payload: 'x' }),
      ),
    )
    await eventually(() => board.packets.length === known + ids.length)
    expect(board.packets.slice(known).map(({ messageId }) => messageId)).toEqual(ids)
  }
})

test('topics too long to be remembered are routed all the same', async () => {
  const rig = await startBroker(cleanups, { options: { maxTopicBytes: 10_000 } })
  const topic = `sensors/${'x'.repeat(5_000)}/data`
  const board = await connectBoard(cleanups, rig)
  board.send(publishPacket(1, 1, { topic }), publishPacket(2, 1, { topic }))
  await board.next('puback', 2)
  const { heard } = await subscriber(rig, 'sensors/+/data')
  board.send(publishPacket(3, 1, { topic }))
  await eventually(() => heard.length === 1)
})

test('what is retained while the broker stops is there after a restart: the last word on a board', async () => {
  const first = await startBroker(cleanups)
  first.broker.events.on('client:disconnected', ({ clientId }) =>
    first.broker.publish(`devices/${clientId}/status`, 'offline', { retain: true }),
  )
  const failed: Error[] = []
  first.broker.events.on('broker:error', ({ error }) => failed.push(error))
  await connectBoard(cleanups, first, { clientId: 'porch' })
  first.broker.publish('devices/porch/status', 'online', { retain: true })
  await first.broker.stop()
  first.broker.publish('sensors/porch/latest', 'last', { retain: true })
  first.broker.publish('errors/porch', 'to nobody')
  await first.stop()
  expect(failed).toEqual([])

  const second = await startBroker(cleanups, { folder: first.folder })
  const { heard } = await subscriber(second, '#')
  await eventually(() => heard.length === 2)
  expect(heard.map(({ payload }) => payload).sort()).toEqual(['last', 'offline'])
})
