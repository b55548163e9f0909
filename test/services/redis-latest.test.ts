import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Latest } from '../../bridge/core/latest.ts'
import type { DeviceId } from '../../bridge/core/reading.ts'
import type { LatestStore } from '../../bridge/ports.ts'
import { createRedisConnection, type RedisConnection } from '../../bridge/stores/redis-connection.ts'
import { createRedisLatest } from '../../bridge/stores/redis-latest.ts'
import { latestStoreContract } from '../contracts/latest-store.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
let connection: RedisConnection
let prefixes = 0

beforeAll(async () => {
  redis = await startRedis()
  connection = createRedisConnection(redis.url)
  await connection.start()
})

afterAll(async () => {
  await connection.close()
  await redis.stop()
})

const freshStore = (): LatestStore => {
  prefixes += 1
  return createRedisLatest(connection.client, { keyPrefix: `test-${prefixes}:` })
}

const a = 'a' as DeviceId
const latestAt = (ts: number, deviceId: DeviceId = a): Latest => ({
  deviceId,
  ts,
  receivedAt: ts,
  values: { temperature: ts },
  custom: null,
})

latestStoreContract('the Redis store', freshStore)

describe('the Redis store', () => {
  test('keeps one hash a device under its prefix', async () => {
    const store = createRedisLatest(connection.client, { keyPrefix: 'plain:' })
    await store.put([latestAt(5)])
    expect(await connection.client.hgetall('plain:latest:a')).toEqual({
      ts: '5',
      receivedAt: '5',
      temperature: '5',
    })
  })

  test('a put is written by sha once the script is known, and goes on when Redis forgets its scripts', async () => {
    const store = freshStore()
    await store.put([latestAt(1)])
    await connection.client.script('FLUSH')
    await store.put([latestAt(2), latestAt(3), latestAt(4, 'b' as DeviceId)])
    expect((await store.get([a, 'b' as DeviceId])).map(({ ts }) => ts)).toEqual([3, 4])
    const commands = await connection.client.info('commandstats')
    expect(commands).toMatch(/cmdstat_evalsha:calls=/)
  })

  test('a hash that holds no times is replaced, and is not read as a value', async () => {
    const store = createRedisLatest(connection.client, { keyPrefix: 'odd:' })
    await connection.client.hset('odd:latest:a', 'something', 'else')
    expect(await store.get([a])).toEqual([])
    await store.put([latestAt(5)])
    expect(await store.get([a])).toEqual([latestAt(5)])
  })

  test('refuses at once with STORE_UNAVAILABLE while Redis is away, and works again when it is back', async () => {
    const own = await startRedis()
    const changes: boolean[] = []
    const ownConnection = createRedisConnection(own.url, (available) => changes.push(available))
    const store = createRedisLatest(ownConnection.client)
    try {
      await ownConnection.start()
      await store.put([latestAt(1)])
      await own.kill()
      await eventually(() => changes.at(-1) === false)
      await expect(store.put([latestAt(2)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await expect(store.get([a])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await own.restart()
      await eventually(() => changes.at(-1) === true)
      expect(await store.get([a])).toEqual([])
      await store.put([latestAt(3)])
      expect(await store.get([a])).toEqual([latestAt(3)])
      expect(changes).toEqual([true, false, true])
    } finally {
      await ownConnection.close()
      await own.stop()
    }
  })
})
