import { afterEach, expect, test } from '@jest/globals'
import type { BridgeError } from '../../bridge/core/errors.ts'
import { createRedisConnection, type RedisConnection } from '../../bridge/stores/redis-connection.ts'
import { eventually } from '../support/eventually.ts'
import { freePort, startRedis, type TestRedis } from '../support/redis.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const redisServer = async (options?: { readonly password?: string }): Promise<TestRedis> => {
  const redis = await startRedis(options)
  cleanups.push(redis.stop)
  return redis
}

const connect = (
  url: string,
): { readonly connection: RedisConnection; readonly told: { available: boolean; error?: BridgeError }[] } => {
  const told: { available: boolean; error?: BridgeError }[] = []
  const connection = createRedisConnection(url, (available, error) =>
    told.push(error === undefined ? { available } : { available, error }),
  )
  cleanups.push(connection.close)
  return { connection, told }
}

test('a Redis that is away at the start is told once, and its coming up too', async () => {
  const redis = await redisServer()
  await redis.kill()
  const { connection, told } = connect(redis.url)
  await connection.start()
  await eventually(() => told.length > 0)
  expect(connection.available).toBe(false)
  expect(told[0]?.error?.code).toBe('STORE_UNAVAILABLE')
  expect(told[0]?.error?.message).toMatch(/Redis at 127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED/)
  await redis.restart()
  await eventually(() => connection.available)
  expect(told.map(({ available }) => available)).toEqual([false, true])
})

test('a password with signs of its own is sent as it is', async () => {
  const redis = await redisServer({ password: 'p@ss:w/rd%' })
  const { connection } = connect(redis.url)
  await connection.start()
  expect(await connection.client.ping()).toBe('PONG')
})

test('no message and no property of an error holds the password', async () => {
  const redis = await redisServer({ password: 'right' })
  const { connection, told } = connect(`redis://:hunter2secret@127.0.0.1:${redis.port}`)
  await connection.start()
  const { error } = await eventually(() => told.at(0))
  expect(error?.message).toMatch(/Redis at 127\.0\.0\.1:\d+ cannot be reached: WRONGPASS/)
  expect(error?.cause).toBeUndefined()
  expect(JSON.stringify([error, error?.message, error?.stack])).not.toContain('hunter2secret')
})

test('a URL that cannot be read is refused without being repeated', () => {
  for (const url of ['redis://:hunter2secret@host:port', 'http://:hunter2secret@host', 'hunter2secret']) {
    expect(() => createRedisConnection(url)).toThrow(/cannot be read/)
    expect(() => createRedisConnection(url)).not.toThrow(/hunter2secret/)
  }
})

test('a frozen Redis refuses a command in time, and is used again when it goes on', async () => {
  const redis = await redisServer()
  const { connection } = connect(redis.url)
  await connection.start()
  redis.freeze()
  try {
    await expect(connection.client.get('key')).rejects.toThrow(/timed out/)
  } finally {
    redis.thaw()
  }
  await eventually(async () => (await connection.client.ping()) === 'PONG')
}, 15_000)

test('closing is idempotent, and a closed connection does not come back', async () => {
  const redis = await redisServer()
  const { connection, told } = connect(redis.url)
  await connection.start()
  await Promise.all([connection.close(), connection.close()])
  await eventually(() => connection.client.status === 'end')
  await connection.start()
  expect(connection.available).toBe(false)
  expect(told).toEqual([{ available: true }])
})

test('closing ends the attempts to reach a Redis that is away', async () => {
  const { connection, told } = connect(`redis://127.0.0.1:${await freePort()}`)
  await connection.start()
  await eventually(() => told.length === 1)
  await eventually(() => connection.client.status === 'reconnecting')
  let attempts = 0
  connection.client.on('connecting', () => {
    attempts += 1
  })
  await eventually(() => attempts > 1)
  await connection.close()
  const before = attempts
  await connection.start()
  expect(attempts).toBe(before)
})
