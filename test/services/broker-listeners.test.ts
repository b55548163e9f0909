import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import mqttPacket from 'mqtt-packet'
import { WebSocket } from 'ws'
import { openLevel } from '../../bridge/stores/level-open.ts'
import { createEmbeddedBroker } from '../../broker/index.ts'
import { settled } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { freshDataDir } from '../support/sluice.ts'
import {
  type BrokerRig,
  cleanUp,
  connectClient,
  publishPacket,
  serveUpgrades,
  startBroker,
} from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const TOPIC = 'acks/a'

/** Every `client:subscribed` of a broker. */
const subscriptions = (rig: BrokerRig) => {
  const told: { clientId: string; topics: readonly string[] }[] = []
  rig.broker.events.on('client:subscribed', (event) => told.push(event))
  return told
}

describe('whether a topic is heard', () => {
  test('is told for each kind of filter, and no longer when its client has gone', async () => {
    const rig = await startBroker(cleanups)
    for (const filter of [TOPIC, 'acks/+', 'acks/#', '#', '+/a']) {
      expect([filter, rig.broker.isHeard(TOPIC)]).toEqual([filter, false])
      const client = await connectClient(cleanups, rig)
      await client.subscribeAsync(filter)
      expect([filter, rig.broker.isHeard(TOPIC)]).toEqual([filter, true])
      await client.endAsync()
      await eventually(() => !rig.broker.isHeard(TOPIC))
    }
  })

  test('is told after an unsubscribe as well', async () => {
    const rig = await startBroker(cleanups)
    const client = await connectClient(cleanups, rig)
    await client.subscribeAsync([TOPIC, 'acks/b'])
    await client.unsubscribeAsync(TOPIC)
    expect(rig.broker.isHeard(TOPIC)).toBe(false)
    expect(rig.broker.isHeard('acks/b')).toBe(true)
  })

  test('does not count a subscriber of something else', async () => {
    const rig = await startBroker(cleanups)
    const client = await connectClient(cleanups, rig)
    await client.subscribeAsync(['acks/b', 'acks/a/more', 'sensors/#'])
    expect(rig.broker.isHeard(TOPIC)).toBe(false)
  })

  test('does not count a kept session whose client is away, and does when it is back', async () => {
    const rig = await startBroker(cleanups)
    const session = { clientId: 'board', clean: false }
    const board = await connectClient(cleanups, rig, session)
    await board.subscribeAsync(TOPIC, { qos: 1 })
    await board.endAsync()
    await eventually(() => !rig.broker.isHeard(TOPIC))
    await connectClient(cleanups, rig, session)
    expect(rig.broker.isHeard(TOPIC)).toBe(true)
  })

  test('is assumed before the start, when nobody can tell, and not after the stop', async () => {
    const { dataDir, cleanup } = await freshDataDir()
    cleanups.push(cleanup)
    const { db } = await openLevel({ folder: `${dataDir}/sessions`, what: 'sessions' })
    cleanups.push(() => db.close())
    const broker = createEmbeddedBroker({ sessions: db }, { port: 0 })
    expect(broker.isHeard(TOPIC)).toBe(true)
    await broker.start((_message, _clientId, done) => done())
    expect(broker.isHeard(TOPIC)).toBe(false)
    await broker.stop()
    expect(broker.isHeard(TOPIC)).toBe(false)
  })
})

describe('who subscribes', () => {
  test('is told with the filters, once the subscriber can be reached', async () => {
    const rig = await startBroker(cleanups)
    rig.broker.events.on('client:subscribed', ({ topics }) => rig.broker.publish(topics[0] ?? '', 'welcome'))
    const told = subscriptions(rig)
    const client = await connectClient(cleanups, rig, { clientId: 'board' })
    const got: string[] = []
    client.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
    await client.subscribeAsync([TOPIC, 'errors/a'])
    await eventually(() => got.length === 1)
    expect(got).toEqual([`${TOPIC} welcome`])
    expect(told).toEqual([{ clientId: 'board', topics: [TOPIC, 'errors/a'] }])
  })

  test('is told again for a subscription that is repeated', async () => {
    const rig = await startBroker(cleanups)
    const told = subscriptions(rig)
    const client = await connectClient(cleanups, rig, { clientId: 'board' })
    await client.subscribeAsync(TOPIC)
    await client.subscribeAsync(TOPIC)
    await eventually(() => told.length === 2)
  })

  test('is told of a session that is taken up again, also after a restart of the broker', async () => {
    const first = await startBroker(cleanups)
    const session = { clientId: 'board', clean: false }
    const board = await connectClient(cleanups, first, session)
    await board.subscribeAsync([TOPIC, 'errors/a'], { qos: 0 })
    await board.endAsync()
    for (const folder of [undefined, first.folder]) {
      if (folder !== undefined) await first.stop()
      const rig = folder === undefined ? first : await startBroker(cleanups, { folder })
      rig.broker.events.on('client:subscribed', () => rig.broker.publish(TOPIC, 'welcome'))
      const told = subscriptions(rig)
      const got: string[] = []
      // Not awaited: what is sent right after the CONNACK would come before there is a listener for it.
      const back = mqtt.connect(`mqtt://127.0.0.1:${rig.address.port}`, { ...session, reconnectPeriod: 0 })
      cleanups.push(() => back.endAsync(true).catch(() => undefined))
      back.on('message', (_, payload) => got.push(payload.toString()))
      await eventually(() => got.length === 1)
      expect(told.map(({ clientId, topics }) => [clientId, [...topics].sort()])).toEqual([
        ['board', [TOPIC, 'errors/a']],
      ])
      await back.endAsync()
    }
  })

  test('is not told of a client that has no subscriptions', async () => {
    const rig = await startBroker(cleanups)
    const told = subscriptions(rig)
    await connectClient(cleanups, rig, { clientId: 'one', clean: false })
    await connectClient(cleanups, rig, { clientId: 'two' })
    await settled(20)
    expect(told).toEqual([])
  })

  test('takes over a session from a connection that is still open, and is told', async () => {
    const rig = await startBroker(cleanups)
    const session = { clientId: 'board', clean: false }
    const old = await connectClient(cleanups, rig, session)
    await old.subscribeAsync(TOPIC)
    const told = subscriptions(rig)
    await connectClient(cleanups, rig, session)
    await eventually(() => told.length > 0)
    expect(told).toEqual([{ clientId: 'board', topics: [TOPIC] }])
    expect(rig.broker.isHeard(TOPIC)).toBe(true)
  })
})

test('a stop while retained messages are being looked up for a new subscriber harms nothing', async () => {
  const rig = await startBroker(cleanups)
  const client = await connectClient(cleanups, rig)
  const told = subscriptions(rig)
  const failed: Error[] = []
  rig.broker.events.on('broker:error', ({ error }) => failed.push(error))
  const filters = Array.from({ length: 500 }, (_, index) => `acks/board-${index}`)
  client.subscribe(filters, () => {})
  await eventually(() => told.length === 1)
  await rig.stop()
  await settled(20)
  expect(failed).toEqual([])
})

test('what a WebSocket sends in many small frames is taken in a few at a time, between what others send', async () => {
  const rig = await startBroker(cleanups)
  const port = await serveUpgrades(cleanups, rig)
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}`, 'mqtt', { perMessageDeflate: false })
  cleanups.push(() => webSocket.terminate())
  await once(webSocket, 'open')
  webSocket.send(
    mqttPacket.generate({ cmd: 'connect', protocolId: 'MQTT', clientId: 'noisy', clean: true, keepalive: 0 }),
  )
  await once(webSocket, 'message')
  const total = 2_000
  const publish = mqttPacket.generate(publishPacket(1, 0, { payload: '' }))
  const socket = Reflect.get(webSocket, '_socket') as Socket
  socket.cork()
  for (let n = 0; n < total; n += 1) webSocket.send(publish)
  socket.uncork()
  let [seen, most] = [0, 0]
  while (seen < total) {
    await new Promise((resolve) => setImmediate(resolve))
    most = Math.max(most, rig.taken.length - seen)
    seen = rig.taken.length
  }
  expect(most).toBeLessThan(10)
})
