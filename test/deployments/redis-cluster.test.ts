import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { BridgeError } from '../../bridge/core/errors.ts'
import type { LatestStore } from '../../bridge/ports.ts'
import { createRedisConnection, type RedisConnection } from '../../bridge/stores/redis-connection.ts'
import { createRedisLatest } from '../../bridge/stores/redis-latest.ts'
import { latestStoreContract } from '../contracts/latest-store.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { deviceId } from '../support/readings.ts'
import { startRedisCluster, type TestRedisCluster } from '../support/redis-cluster.ts'

const PASSWORD = 'p@ss:w/rd%'

let cluster: TestRedisCluster
let shared: RedisConnection
let prefixes = 0
const cleanup = useCleanups()

beforeAll(async () => {
  cluster = await startRedisCluster({ password: PASSWORD })
  shared = createRedisConnection(cluster.url)
  await shared.start()
}, 60_000)

afterAll(async () => {
  await shared.close()
  await cluster.stop()
})

const freshStore = (connection: RedisConnection): LatestStore => {
  prefixes += 1
  return createRedisLatest(connection.client, { keyPrefix: `test-${prefixes}:` })
}

const connect = async (url = cluster.url) => {
  const told: { readonly available: boolean; readonly error: BridgeError | undefined }[] = []
  const connection = createRedisConnection(url, (available, error) => told.push({ available, error }))
  cleanup(connection.close)
  await connection.start()
  return { connection, told }
}

const ids = Array.from({ length: 300 }, (_, n) => deviceId(`board-${n}`))
const latestAt = (ts: number) =>
  ids.map((id) => ({ deviceId: id, ts, receivedAt: ts, values: { temperature: ts }, custom: null }))

latestStoreContract('the Redis store on a Redis Cluster', () => freshStore(shared))

test('any one of the nodes is enough to find the others, and each holds a share of the devices', async () => {
  const auth = `:${encodeURIComponent(PASSWORD)}`
  const { connection } = await connect(`redis+cluster://${auth}@127.0.0.1:1,127.0.0.1:${cluster.ports[2]}`)
  const store = freshStore(connection)
  await store.put(latestAt(1))
  expect(await store.get(ids)).toHaveLength(ids.length)
  const nodes = 'nodes' in connection.client ? connection.client.nodes('master') : []
  expect(nodes).toHaveLength(3)
  for (const node of nodes) expect(await node.dbsize()).toBeGreaterThan(0)
})

test('a node that is away is refused with STORE_UNAVAILABLE, and used again once it is back, empty', async () => {
  const { connection } = await connect()
  const store = freshStore(connection)
  await store.put(latestAt(1))
  await cluster.kill(1)
  await expect(store.put(latestAt(2))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(store.get(ids)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await cluster.revive(1)
  await eventually(async () => {
    await store.put(latestAt(3))
    return true
  }, 20_000)
  expect((await store.get(ids)).map(({ ts }) => ts)).toEqual(ids.map(() => 3))
}, 60_000)

test('a Redis Cluster that is away is told once with its reason, and its coming back too', async () => {
  const own = await startRedisCluster()
  cleanup(own.stop)
  const { connection, told } = await connect(own.url)
  const store = createRedisLatest(connection.client)
  await store.put(latestAt(1))
  for (const node of [0, 1, 2]) await own.kill(node)
  await eventually(() => told.length === 2, 20_000)
  expect(connection.available).toBe(false)
  await expect(store.put(latestAt(2))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(store.get(ids)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await Promise.all([0, 1, 2].map(own.revive))
  await eventually(() => connection.available, 20_000)
  await eventually(async () => (await store.get(ids)).length === 0, 20_000)
  expect(told.map(({ available }) => available)).toEqual([true, false, true])
}, 90_000)

test('nodes that refuse the password are told of without it', async () => {
  const url = `redis+cluster://:hunter2secret@127.0.0.1:${cluster.ports[0]}`
  const { connection, told } = await connect(url)
  const { error } = await eventually(() => told.at(0))
  expect(connection.available).toBe(false)
  expect(error?.message).toMatch(/^Redis at 127\.0\.0\.1:\d+ cannot be reached: WRONGPASS/)
  expect(JSON.stringify([error, error?.message, error?.stack])).not.toContain('hunter2secret')
})

test('closing is idempotent, and a closed connection does not come back', async () => {
  const { connection, told } = await connect()
  await Promise.all([connection.close(), connection.close()])
  await eventually(() => connection.client.status === 'end')
  await connection.start()
  expect(connection.available).toBe(false)
  expect(told.map(({ available }) => available)).toEqual([true])
})
