import { afterEach, expect, test } from '@jest/globals'
import { createBridgeEmitter } from '../../bridge/events.ts'
import { createLatestValues, type LatestValues } from '../../bridge/pipeline/latest-values.ts'
import type { LatestStore } from '../../bridge/ports.ts'
import { createRedisConnection } from '../../bridge/stores/redis-connection.ts'
import { createRedisLatest } from '../../bridge/stores/redis-latest.ts'
import { eventually } from '../support/eventually.ts'
import { deviceId, readingOf } from '../support/readings.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const T = 1_790_000_000_000
const ids = Array.from({ length: 1_200 }, (_, n) => deviceId(`board-${n}`))

interface Fixture {
  readonly redis: TestRedis
  readonly store: LatestStore
  readonly latest: LatestValues
  /** What `latest:store` said, in order. */
  readonly available: readonly boolean[]
}

const setUp = async (): Promise<Fixture> => {
  const redis = await startRedis()
  cleanups.push(redis.stop)
  const connection = createRedisConnection(redis.url)
  cleanups.push(connection.close)
  await connection.start()
  const store = createRedisLatest(connection.client)
  const events = createBridgeEmitter()
  const available: boolean[] = []
  events.on('latest:store', (event) => available.push(event.available))
  const latest = createLatestValues({ store, clock: Date.now, events }, { flushIntervalMs: 10 })
  cleanups.push(latest.stop)
  await latest.start()
  return { redis, store, latest, available }
}

const publish = (latest: LatestValues, ts: number, temperature: number): void =>
  latest.update(ids.map((id) => readingOf(id, ts, { temperature })))

const inRedis = async (store: LatestStore, temperature: number): Promise<boolean> => {
  const known = await store.get(ids)
  return known.length === ids.length && known.every(({ values }) => values.temperature === temperature)
}

test('while Redis is away memory answers, and Redis has caught up when it is back', async () => {
  const { redis, store, latest, available } = await setUp()
  publish(latest, T, 1)
  await eventually(() => inRedis(store, 1))
  await redis.kill()
  publish(latest, T + 1, 2)
  await eventually(() => available.length === 1)
  expect((await latest.get(ids)).every(({ values }) => values.temperature === 2)).toBe(true)
  await redis.restart()
  await eventually(() => inRedis(store, 2), 10_000)
  await eventually(() => available.length === 2)
  expect(available).toEqual([false, true])
}, 20_000)

test('a Redis that comes back empty is filled again, with everything known, by what comes later', async () => {
  const { redis, store, latest } = await setUp()
  latest.update([readingOf('a', T, { temperature: 1, humidity: 40 })])
  await latest.flush()
  await redis.restart()
  latest.update([readingOf('a', T + 1, { temperature: 2 })])
  const known = await eventually(async () => (await store.get([deviceId('a')])).at(0), 10_000)
  expect(known.values).toEqual({ temperature: 2, humidity: 40 })
}, 20_000)

test('the next process finds the values in Redis', async () => {
  const { store, latest } = await setUp()
  latest.update([readingOf('a', T, { temperature: 1 })])
  await latest.stop()
  const next = createLatestValues({ store, clock: Date.now, events: createBridgeEmitter() })
  expect((await next.get([deviceId('a')]))[0]?.values).toEqual({ temperature: 1 })
})
