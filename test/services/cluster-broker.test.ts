import { beforeEach, describe, expect, test } from '@jest/globals'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { createSharedRedis } from '../../src/shared-redis.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type ClusterNode, connectTo, heardBy, startNode, startNodes } from './cluster-rig.ts'

const later = useCleanups()
let redis: TestRedis
beforeEach(async () => {
  redis = await startRedis()
  later(redis.stop)
})

const nodes = (count = 2): Promise<readonly ClusterNode[]> => startNodes(later, redis, count)

const connect = (node: ClusterNode | undefined, options?: IClientOptions): Promise<MqttClient> =>
  connectTo(later, node, options)

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
    // Heartbeats are messages as well.
    const calm = { times: { heartbeatMs: 600_000 } }
    const [a, b] = [await startNode(later, redis, calm), await startNode(later, redis, calm)]
    await eventually(() => a.stats().nodes === 1 && b.stats().nodes === 1)
    const here = await connect(a)
    const board = await connect(a)
    const heard = heardBy(here)
    await here.subscribeAsync('sensors/+/data')
    const count = (): number => a.stats().packets
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
    await eventually(() => a.broker.isHeard('sensors/7/data'))
    await here.unsubscribeAsync('sensors/+/data')
    await eventually(() => !a.broker.isHeard('sensors/7/data'))
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
    const stored = await connect(b)
    const told = heardBy(stored)
    await eventually(async () => {
      await stored.subscribeAsync('$hidden/x')
      return told.length > 0
    })
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
    const watcher = heardBy(stored)
    await stored.subscribeAsync('devices/a/status')
    await here.publishAsync('devices/a/status', '', { qos: 1, retain: true })
    await eventually(() => watcher.includes('devices/a/status '))
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
    // What is told to subscribers is stored: a PUBACK comes before.
    const told = heardBy(there)
    await there.subscribeAsync(['one', 'two'])
    await here.publishAsync('one', '1', { qos: 1, retain: true })
    await eventually(() => told.length === 1)
    await here.publishAsync('two', '2', { qos: 1, retain: true })
    await eventually(() => told.length === 2)
    await there.publishAsync('three', '3', { qos: 1, retain: true })
    await eventually(() => limits.length === 1)
    await here.publishAsync('two', 'x'.repeat(400), { qos: 1, retain: true })
    await eventually(() => limits.length === 2)
    expect(limits).toEqual(['maxRetained', 'maxRetainedBytes'])
    const late = await connect(b)
    const heard = heardBy(late)
    await late.subscribeAsync('#')
    await eventually(() => heard.length === 1)
    expect(heard).toEqual(['one 1'])
  })
})

describe('a client', () => {
  test('is not taken for one that went elsewhere because of what somebody publishes', async () => {
    const [a, b] = await nodes()
    const gone: unknown[] = []
    a?.broker.events.on('client:disconnected', (event) => gone.push(event))
    const board = await connect(a, { clientId: 'board' })
    const heard = heardBy(board)
    await board.subscribeAsync('any/new/clients', { qos: 1 })
    const other = await connect(b)
    await other.publishAsync('any/new/clients', 'board', { qos: 1 })
    await eventually(() => heard.length === 1)
    await board.endAsync()
    await eventually(() => gone.length === 1)
    expect(gone).toEqual([{ clientId: 'board' }])
  })

  test('that comes to another node is released by the first, which publishes its will before', async () => {
    const [a, b] = await nodes()
    const watcher = await connect(a)
    const heard = heardBy(watcher)
    await watcher.subscribeAsync('devices/#', { qos: 1 })
    const gone: unknown[] = []
    a?.broker.events.on('client:disconnected', (event) => gone.push(event))
    const will = {
      topic: 'devices/board/status',
      payload: Buffer.from('offline'),
      qos: 1 as const,
      retain: true,
    }
    const first = await connect(a, { clientId: 'board', will })
    const closed = new Promise<void>((resolve) => first.once('close', () => resolve()))
    const second = await connect(b, { clientId: 'board', will })
    await closed
    await second.publishAsync('devices/board/status', 'online', { qos: 1, retain: true })
    await eventually(() => heard.length === 2)
    expect(heard).toEqual(['devices/board/status offline', 'devices/board/status online'])
    expect(gone).toEqual([{ clientId: 'board', moved: true }])
    expect([a?.broker.connections, b?.broker.connections]).toEqual([1, 1])
  })

  test('goes on with its session on another node: filters, what was queued, and what was not acked', async () => {
    const [a, b] = await nodes()
    const session = { clientId: 'app', clean: false }
    const first = await connect(a, session)
    await first.subscribeAsync('orders/#', { qos: 1 })
    await first.endAsync()
    const sender = await connect(a)
    for (const order of ['1', '2', '3']) await sender.publishAsync('orders/x', order, { qos: 1 })
    const again = mqtt.connect(`mqtt://127.0.0.1:${b?.address.port}`, { ...session, reconnectPeriod: 0 })
    later(() => again.endAsync(true).catch(() => undefined))
    const heard = heardBy(again)
    const present = await new Promise((resolve) =>
      again.once('connect', ({ sessionPresent }) => resolve(sessionPresent)),
    )
    expect(present).toBe(true)
    await eventually(() => heard.length === 3)
    await sender.publishAsync('orders/x', '4', { qos: 1 })
    await eventually(() => heard.length === 4)
    expect(heard).toEqual(['orders/x 1', 'orders/x 2', 'orders/x 3', 'orders/x 4'])
    await again.endAsync()
    const last = await connect(a, session)
    const nothing = heardBy(last)
    await sender.publishAsync('orders/x', '5', { qos: 1 })
    await eventually(() => nothing.length > 0)
    expect(nothing).toEqual(['orders/x 5'])
  })

  test('that comes again to the same node is connected still, for all nodes', async () => {
    const [a] = await nodes()
    const ask = createSharedRedis(redis.url)
    await ask.start()
    later(ask.close)
    const holders = async (): Promise<unknown> => ask.redis.commands.call('HKEYS', 'sluice:connected')
    const away = async (): Promise<unknown> => ask.redis.commands.call('ZCARD', 'sluice:{sessions}:away')
    const session = { clientId: 'twice', clean: false }
    const first = await connect(a, session)
    const closed = new Promise<void>((resolve) => first.once('close', () => resolve()))
    const second = await connect(a, session)
    await closed
    await second.subscribeAsync('x', { qos: 1 })
    expect([await holders(), await away()]).toEqual([['twice'], 0])
    await second.endAsync()
    await eventually(async () => (await away()) === 1)
    expect(await holders()).toEqual([])
  })

  test('of another user takes over neither the session nor the connection of the first', async () => {
    const policy = {
      admit: async ({ username = '' }) => ({ ok: true, identity: { role: 'user', name: username } }) as never,
      mayPublish: () => true,
      maySubscribe: () => true,
      mayRetain: () => true,
    } as unknown as NonNullable<Parameters<typeof startNode>[2]>['policy']
    const set = policy === undefined ? {} : { policy }
    const [a, b] = [await startNode(later, redis, set), await startNode(later, redis, set)]
    await connect(a, { clientId: 'one', username: 'ann' })
    const kept = await connect(a, { clientId: 'two', username: 'ann', clean: false })
    await kept.endAsync()
    await expect(connect(b, { clientId: 'one', username: 'bob' })).rejects.toThrow(/Identifier rejected/)
    await expect(connect(b, { clientId: 'two', username: 'bob' })).rejects.toThrow(/Identifier rejected/)
    await connect(b, { clientId: 'two', username: 'ann' })
  })
})
