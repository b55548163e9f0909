/** What is queued for kept sessions, whatever the node that takes it in has missed. */
import { beforeEach, expect, test } from '@jest/globals'
import type { IClientOptions, MqttClient } from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { askRedis, type ClusterNode, connectTo, heardBy, startNode, startNodes } from './cluster-rig.ts'

const later = useCleanups()
let redis: TestRedis
beforeEach(async () => {
  redis = await startRedis()
  later(redis.stop)
})

const connect = (node: ClusterNode | undefined, options?: IClientOptions): Promise<MqttClient> =>
  connectTo(later, node, options)

const APP = { clientId: 'app', clean: false } as const

test('a message is queued by any node from the SUBACK on, also when another client has the filter', async () => {
  const [a, b] = await startNodes(later, redis, 2)
  const commands = await askRedis(later, redis)
  const other = await connect(b)
  const sender = await connect(a)
  for (let round = 0; round < 20; round += 1) {
    await other.subscribeAsync(`x/${round}`, { qos: 1 })
    const app = await connect(b, { clientId: `app${round}`, clean: false })
    await app.subscribeAsync(`x/${round}`, { qos: 1 })
    app.stream.destroy()
    await sender.publishAsync(`x/${round}`, String(round), { qos: 1 })
  }
  for (let round = 0; round < 20; round += 1)
    await eventually(async () => (await commands.call('LLEN', `outgoing:app${round}`)) === 1)
})

test('a subscription that a node did not hear of is known to it when Redis is back', async () => {
  const [a, b] = await startNodes(later, redis, 2)
  const commands = await askRedis(later, redis)
  // As another node has written it that could not tell.
  await commands.call('SADD', 'clients', 'app')
  await commands.call('HSET', 'client:app', 'x', '1')
  await commands.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const sender = await connect(a)
  await eventually(async () => {
    await sender.publishAsync('x', 'y', { qos: 1 })
    return Number(await commands.call('LLEN', 'outgoing:app')) > 0
  })
  expect(b?.errors).toEqual([])
})

test('a subscription that is given up is queued for no more, by nodes that come later neither', async () => {
  const [a, b] = await startNodes(later, redis, 2)
  const commands = await askRedis(later, redis)
  const app = await connect(b, APP)
  await app.subscribeAsync(['x', 'y'], { qos: 1 })
  await app.unsubscribeAsync('x')
  await app.endAsync()
  const c = await startNode(later, redis)
  for (const node of [a, b, c]) {
    const sender = await connect(node)
    for (const topic of ['x', 'y']) await sender.publishAsync(topic, topic, { qos: 1 })
  }
  await eventually(async () => (await commands.call('LLEN', 'outgoing:app')) === 3)
  const again = await connect(c, APP)
  const heard = heardBy(again)
  await eventually(() => heard.length === 3)
  expect(heard).toEqual(['y y', 'y y', 'y y'])
})
