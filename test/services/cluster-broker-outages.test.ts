/** What is left, and what is made up for, when nodes or their Redis go away. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { IClientOptions, MqttClient } from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import {
  askRedis,
  type ClusterNode,
  connectTo,
  heardBy,
  startNode,
  startNodes,
  withCommands,
} from './cluster-rig.ts'

const later = useCleanups()
let redis: TestRedis
beforeEach(async () => {
  redis = await startRedis()
  later(redis.stop)
})

const nodes = (count = 2): Promise<readonly ClusterNode[]> => startNodes(later, redis, count)

const connect = (node: ClusterNode | undefined, options?: IClientOptions): Promise<MqttClient> =>
  connectTo(later, node, options)

describe('a node that dies', () => {
  test('leaves its wills to another, once, and not those of boards that are back', async () => {
    const [a, b, c] = await nodes(3)
    const watcher = await connect(c)
    const heard = heardBy(watcher)
    await watcher.subscribeAsync('wills/#', { qos: 1 })
    const willOf = (name: string) => ({
      topic: `wills/${name}`,
      payload: Buffer.from('gone'),
      qos: 1 as const,
    })
    await connect(a, { clientId: 'lost', will: willOf('lost') })
    await connect(a, { clientId: 'back', will: willOf('back') })
    await a?.vanish()
    const back = await connect(b, { clientId: 'back', will: willOf('back') })
    await eventually(() => heard.includes('wills/lost gone'), 15_000)
    await back.publishAsync('wills/end', 'x', { qos: 1 })
    await eventually(() => heard.includes('wills/end x'))
    expect(heard).toEqual(['wills/lost gone', 'wills/end x'])
  }, 30_000)
})

describe('Redis', () => {
  test('that is away ends no connection and acks what comes; new sessions are refused until it is back', async () => {
    const [a, b] = await nodes()
    const board = await connect(a, { clientId: 'board' })
    const there = await connect(b)
    const heard = heardBy(there)
    await there.subscribeAsync('x/#', { qos: 1 })
    const kept = await connect(a, { clientId: 'kept', clean: false })
    await kept.subscribeAsync('x/#', { qos: 1 })
    await redis.kill()
    await board.publishAsync('x/1', 'while away', { qos: 1 })
    await board.publishAsync('sensors/a/data', 'while away', { qos: 1 })
    await expect(connect(a, { clientId: 'new', clean: false })).rejects.toThrow(/Server unavailable/)
    await redis.restart()
    await eventually(() => connect(a, { clientId: 'new', clean: false }).then(() => true), 10_000)
    await eventually(async () => {
      await board.publishAsync('x/2', 'again', { qos: 1 })
      return heard.includes('x/2 again')
    }, 10_000)
    expect([board.connected, there.connected]).toEqual([true, true])
    expect(a?.taken.map(({ message }) => String(message.payload))).toContain('while away')
  }, 30_000)
})

describe('a client that connects while Redis fails', () => {
  test('is taken on when its former will cannot be removed, which is told', async () => {
    const fails = withCommands((command, [key]) =>
      command === 'HDEL' && key === 'sluice:wills' ? Promise.reject(new Error('away')) : undefined,
    )
    const node = await startNode(later, redis, { through: fails })
    const client = await connect(node, { clientId: 'board' })
    await client.publishAsync('x', 'y', { qos: 1 })
    expect(node.errors.map(({ message }) => message)).toEqual(['away'])
  })

  test('is not connected for anybody when its session cannot be written down', async () => {
    let isFailing = false
    const fails = withCommands((command, args) =>
      isFailing && command === 'EVAL' && args[2] === 'sluice:{sessions}:kept' && args[5] === 'app'
        ? Promise.reject(new Error('away'))
        : undefined,
    )
    const node = await startNode(later, redis, { through: fails })
    const commands = await askRedis(later, redis)
    isFailing = true
    await expect(connect(node, { clientId: 'app', clean: false })).rejects.toThrow(/Server unavailable/)
    isFailing = false
    await eventually(async () => (await commands.call('HLEN', 'sluice:connected')) === 0)
    const app = await connect(node, { clientId: 'app', clean: false })
    await app.endAsync()
    await eventually(async () => (await commands.call('ZCARD', 'sluice:{sessions}:away')) === 1)
  })
})
