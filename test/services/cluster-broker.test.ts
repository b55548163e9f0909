import { beforeEach, describe, expect, test } from '@jest/globals'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type ClusterNode, startNode } from './cluster-rig.ts'

const later = useCleanups()
let redis: TestRedis
beforeEach(async () => {
  redis = await startRedis()
  later(redis.stop)
})

const nodes = async (count = 2): Promise<readonly ClusterNode[]> => {
  const started: ClusterNode[] = []
  for (let at = 0; at < count; at += 1) started.push(await startNode(later, redis))
  await eventually(() => started.every((node) => node.stats().nodes === count - 1))
  return started
}

const connect = async (node: ClusterNode | undefined, options: IClientOptions = {}): Promise<MqttClient> => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${node?.address.port}`, {
    reconnectPeriod: 0,
    ...options,
  })
  client.on('error', () => {})
  later(() => client.endAsync(true).catch(() => undefined))
  return client
}

/** Messages as `topic payload`, from now on. */
const heardBy = (client: MqttClient): string[] => {
  const heard: string[] = []
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
  return heard
}

describe('messages', () => {
  test('reach subscribers of other nodes from the SUBACK on, each once', async () => {
    const [a, b] = await nodes()
    const there = await connect(b)
    const heard = heardBy(there)
    const here = await connect(a)
    for (let round = 0; round < 20; round += 1) {
      await there.subscribeAsync([`rounds/${round}`, `rounds/${round}/#`], { qos: 1 })
      await here.publishAsync(`rounds/${round}`, 'x', { qos: 1 })
    }
    await eventually(() => heard.length >= 20)
    await here.publishAsync('rounds/0', 'last', { qos: 1 })
    await eventually(() => heard.includes('rounds/0 last'))
    expect(heard).toEqual([...Array.from({ length: 20 }, (_, round) => `rounds/${round} x`), 'rounds/0 last'])
  })

  test('of one publisher keep their order, and none is lost that came side by side', async () => {
    const [a, b] = await nodes()
    const kept = await connect(a, { clientId: 'kept', clean: false })
    await kept.subscribeAsync('mixed/queued', { qos: 1 })
    await kept.endAsync()
    const there = await connect(b)
    const heard = heardBy(there)
    await there.subscribeAsync('mixed/#', { qos: 1 })
    const here = await connect(a)
    const sent: string[] = []
    for (let at = 0; at < 30; at += 1) {
      const topic = at % 3 === 0 ? 'mixed/queued' : `mixed/${at % 3}`
      sent.push(`${topic} ${at}`)
      here.publish(topic, String(at), { qos: 1, retain: at % 3 === 1 })
    }
    await eventually(() => heard.length === sent.length)
    expect([...heard].sort()).toEqual([...sent].sort())
  })
})

describe('a topic that nobody on another node listens to', () => {
  test('costs no Redis message, until somebody does', async () => {
    const [a, b] = await nodes()
    const here = await connect(a)
    const board = await connect(a)
    const heard = heardBy(here)
    await here.subscribeAsync('sensors/+/data')
    const count = (): number => a?.stats().packets ?? -1
    const before = count()
    for (let at = 0; at < 200; at += 1) board.publish(`sensors/${at}/data`, '{}', { qos: 1 })
    await eventually(() => heard.length === 200)
    expect(count()).toBe(before)
    const there = await connect(b)
    await there.subscribeAsync('sensors/7/data')
    for (let at = 0; at < 200; at += 1) board.publish(`sensors/${at}/data`, '{}', { qos: 1 })
    await eventually(() => heard.length === 400)
    expect(count()).toBe(before + 1)
    await there.unsubscribeAsync('sensors/7/data')
    await eventually(() => a?.broker.isHeard('sensors/7/data') === true)
    await here.unsubscribeAsync('sensors/+/data')
    await eventually(() => a?.broker.isHeard('sensors/7/data') === false)
  })
})

describe('a retained message', () => {
  test('is seen on every node, by its topic and by wildcards', async () => {
    const [a, b] = await nodes()
    const here = await connect(a)
    await here.publishAsync('devices/a/status', 'on', { qos: 1, retain: true })
    await here.publishAsync('devices/a', 'root', { qos: 1, retain: true })
    await here.publishAsync('devices-b/status', 'other', { qos: 1, retain: true })
    await here.publishAsync('$hidden/x', 'none', { qos: 1, retain: true })
    for (const [filter, expected] of [
      ['devices/a/status', ['devices/a/status on']],
      ['devices/a/#', ['devices/a root', 'devices/a/status on']],
      ['devices/+/status', ['devices/a/status on']],
      ['#', ['devices-b/status other', 'devices/a root', 'devices/a/status on']],
    ] as const) {
      const there = await connect(b)
      const heard = heardBy(there)
      await there.subscribeAsync(filter)
      await eventually(() => heard.length === expected.length)
      expect(heard).toEqual(expected)
    }
    await here.publishAsync('devices/a/status', '', { qos: 1, retain: true })
    const there = await connect(b)
    const heard = heardBy(there)
    await there.subscribeAsync('devices/a/#')
    await eventually(() => heard.length === 1)
    expect(heard).toEqual(['devices/a root'])
  })

  test('over the bounds of all nodes together is sent on and not kept', async () => {
    const small = { options: { maxRetained: 2, maxRetainedBytes: 400 } }
    const a = await startNode(later, redis, small)
    const b = await startNode(later, redis, small)
    const limits: string[] = []
    for (const { broker } of [a, b]) broker.events.on('limit:hit', ({ limit }) => limits.push(limit))
    const [here, there] = [await connect(a), await connect(b)]
    await here.publishAsync('one', '1', { qos: 1, retain: true })
    await there.publishAsync('two', '2', { qos: 1, retain: true })
    await there.publishAsync('three', '3', { qos: 1, retain: true })
    await eventually(() => limits.length === 1)
    await here.publishAsync('two', 'x'.repeat(400), { qos: 1, retain: true })
    await eventually(() => limits.length === 2)
    expect(limits).toEqual(['maxRetained', 'maxRetainedBytes'])
    const heard = heardBy(there)
    await there.subscribeAsync('#')
    await eventually(() => heard.length === 1)
    expect(heard).toEqual(['one 1'])
  })
})
