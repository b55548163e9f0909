/** Whose a session is when several nodes want something of it at once, or Redis was away meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from '@jest/globals'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { BrokerPolicy } from '../../broker/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createDeferred } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import {
  askRedis,
  type ClusterNode,
  connectTo,
  type NodeSetUp,
  startNode,
  withCommands,
} from './cluster-rig.ts'

const later = useCleanups()
let redis: TestRedis
beforeEach(async () => {
  redis = await startRedis()
  later(redis.stop)
})

const connect = (node: ClusterNode | undefined, options?: IClientOptions): Promise<MqttClient> =>
  connectTo(later, node, options)

const APP = { clientId: 'app', clean: false } as const
const KEPT = 'sluice:{sessions}:kept'

/** Whether a client that comes finds its session. */
const comes = (node: ClusterNode): { readonly isPresent: Promise<boolean>; readonly client: MqttClient } => {
  const client = mqtt.connect(`mqtt://127.0.0.1:${node.address.port}`, { ...APP, reconnectPeriod: 0 })
  client.on('error', () => {})
  later(() => client.endAsync(true).catch(() => undefined))
  const isPresent = new Promise<boolean>((resolve) =>
    client.once('connect', ({ sessionPresent }) => resolve(sessionPresent)),
  )
  return { isPresent, client }
}

/** A node that waits for `go` before a command. */
const nodeHeldBack = async (
  isHeldBack: (name: string, args: readonly unknown[]) => boolean,
  set: Omit<NodeSetUp, 'through'>,
) => {
  const reached = createDeferred<void>()
  const go = createDeferred<void>()
  const through = withCommands((name, args) => {
    if (!isHeldBack(name, args)) return undefined
    reached.resolve()
    return go.promise
  })
  const node = await startNode(later, redis, { ...set, through })
  return { node, reached: reached.promise, go: () => go.resolve() }
}

const leave = async (client: MqttClient): Promise<void> => {
  const commands = await askRedis(later, redis)
  await client.endAsync()
  await eventually(async () => (await commands.call('ZCARD', 'sluice:{sessions}:away')) === 1)
}

const evictingNode = (isHeldBack: Parameters<typeof nodeHeldBack>[0]) =>
  nodeHeldBack(isHeldBack, { options: { maxSessions: 1 } })

test('a client that comes while its session is being given up waits, and gets a new one', async () => {
  const a = await startNode(later, redis)
  const {
    node: b,
    reached,
    go,
  } = await evictingNode((name, [key]) => name === 'LRANGE' && key === 'outgoing:app')
  const commands = await askRedis(later, redis)
  const first = await connect(a, APP)
  await first.subscribeAsync('x', { qos: 1 })
  await leave(first)
  const other = connect(b, { clientId: 'other', clean: false })
  await reached
  const { isPresent, client } = comes(a)
  await eventually(async () => (await commands.call('HGET', 'sluice:connected', 'app')) !== null)
  go()
  expect(await isPresent).toBe(false)
  await other
  await client.subscribeAsync('y', { qos: 1 })
  expect(await commands.call('HKEYS', 'client:app')).toEqual(['y'])
  expect(await commands.call('HEXISTS', KEPT, 'app')).toBe(1)
})

test('a client that is back before its session is given up keeps it', async () => {
  const a = await startNode(later, redis)
  const { node: b, reached, go } = await evictingNode((name, args) => name === 'EVAL' && args[5] === 'app')
  const commands = await askRedis(later, redis)
  const first = await connect(a, APP)
  await first.subscribeAsync('x', { qos: 1 })
  await leave(first)
  const other = connect(b, { clientId: 'other', clean: false })
  await reached
  const { isPresent } = comes(a)
  expect(await isPresent).toBe(true)
  go()
  await other
  expect(await commands.call('HKEYS', 'client:app')).toEqual(['x'])
  expect(await commands.call('HEXISTS', KEPT, 'app')).toBe(1)
})

const willOf = (topic: string) => ({ topic, payload: Buffer.from('gone'), qos: 1 as const })

test('what clients left while Redis was away is written down when it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-'))
  later(() => rm(folder, { recursive: true }))
  const lasting = await startRedis({ folder })
  later(lasting.stop)
  const node = await startNode(later, lasting)
  const commands = await askRedis(later, lasting)
  const gone = await connect(node, { ...APP, will: willOf('wills/app') })
  const board = await connect(node, { clientId: 'board', will: willOf('wills/board') })
  const stays = await connect(node, { clientId: 'stays', clean: false })
  // It is answered when what waits for the client was read.
  await stays.subscribeAsync('x', { qos: 1 })
  await lasting.kill()
  await gone.endAsync()
  await lasting.restart()
  await eventually(async () => {
    expect(await commands.call('ZRANGE', 'sluice:{sessions}:away', 0, -1)).toEqual(['app'])
    expect(await commands.call('HKEYS', 'sluice:wills')).toEqual(['board'])
    expect([...((await commands.call('HKEYS', 'sluice:connected')) as string[])].sort()).toEqual([
      'board',
      'stays',
    ])
    return true
  }, 10_000)
  expect([board.connected, stays.connected]).toEqual([true, true])
}, 30_000)

test('what other nodes did to clients of a node they thought dead is undone when it is back', async () => {
  const node = await startNode(later, redis)
  const commands = await askRedis(later, redis)
  const board = await connect(node, { clientId: 'board', will: willOf('wills/board') })
  const app = await connect(node, APP)
  const given = await connect(node, { clientId: 'given up', clean: false })
  const waited = await connect(node, { clientId: 'waited for', clean: false })
  const before = String(await commands.call('HGET', KEPT, 'app'))
  await commands.call('HSET', KEPT, 'app', before.replace('null', '1'))
  await commands.call('ZADD', 'sluice:{sessions}:away', 1, 'app')
  for (const key of ['sluice:connected', 'sluice:wills']) await commands.call('HDEL', key, 'board')
  await commands.call('HDEL', KEPT, 'given up')
  await commands.call('RPUSH', `outgoing:${encodeURIComponent('waited for')}`, 'packet:a@b:1')
  await commands.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await eventually(() => !given.connected && !waited.connected)
  await eventually(async () => (await commands.call('HEXISTS', 'sluice:wills', 'board')) === 1)
  expect(await commands.call('HEXISTS', 'sluice:connected', 'board')).toBe(1)
  expect(await commands.call('HGET', KEPT, 'app')).toBe(before)
  expect(await commands.call('ZSCORE', 'sluice:{sessions}:away', 'app')).toBe(null)
  expect([board.connected, app.connected]).toEqual([true, true])
})

describe('sessions of a name that is gone', () => {
  const policy = {
    admit: async ({ username = '' }) => ({ ok: true, identity: { role: 'user', name: username } }) as never,
    mayPublish: () => true,
    maySubscribe: () => true,
    mayRetain: () => true,
  } as unknown as BrokerPolicy

  test.each([
    ['is being removed', 'LRANGE', 0, 'outgoing:app'],
    ['is about to be removed', 'EVAL', 5, 'app'],
  ])('do not come back when the client leaves while its session %s', async (_, command, at, key) => {
    for (const isSameNode of [true, false]) {
      let isGoing = false
      const a = await startNode(later, redis, { policy })
      const held = await nodeHeldBack((name, args) => isGoing && name === command && args[at] === key, {
        policy,
      })
      const commands = await askRedis(later, redis)
      const app = await connect(isSameNode ? held.node : a, { ...APP, username: 'ann' })
      await app.subscribeAsync('x', { qos: 1 })
      isGoing = true
      held.node.broker.dropSessions('ann')
      await held.reached
      isGoing = false
      await app.endAsync()
      await eventually(async () => (await commands.call('HLEN', 'sluice:connected')) === 0)
      held.go()
      await eventually(async () => (await commands.call('EXISTS', 'client:app', KEPT)) === 0)
      expect(await held.node.broker.sessionOwners()).toEqual([])
    }
  })
})
