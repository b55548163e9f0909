import { expect, test } from '@jest/globals'
import type { BridgeError } from '../../bridge/core/errors.ts'
import { createRedisConnection } from '../../bridge/stores/redis-connection.ts'
import { createRedisLatest } from '../../bridge/stores/redis-latest.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { deviceId } from '../support/readings.ts'
import { freePort } from '../support/redis.ts'
import { startSentinels, type TestSentinels } from '../support/redis-sentinel.ts'

const cleanup = useCleanups()
const PASSWORDS = { password: 'redis-secret', sentinelPassword: 'sentinel-secret' }

const connect = async (url: string) => {
  const told: { readonly available: boolean; readonly error: BridgeError | undefined }[] = []
  const connection = createRedisConnection(url, (available, error) => told.push({ available, error }))
  cleanup(connection.close)
  await connection.start()
  return { connection, store: createRedisLatest(connection.client), told }
}

const watched = async (passwords = {}): Promise<TestSentinels> => {
  const sentinels = await startSentinels(passwords)
  cleanup(sentinels.stop)
  return sentinels
}

const board = deviceId('board-1')
const latestAt = (ts: number) => [
  { deviceId: board, ts, receivedAt: ts, values: { temperature: ts }, custom: null },
]

test('closing ends the search for Sentinels that are away', async () => {
  const { connection, told } = await connect(`redis+sentinel://127.0.0.1:${await freePort()}/m`)
  expect(told).toHaveLength(1)
  await connection.close()
  await eventually(() => connection.client.status === 'end')
  expect(connection.available).toBe(false)
})

test('while no Sentinel answers that is told once, with the reason, and they are asked until one does', async () => {
  const sentinels = await watched()
  await sentinels.killSentinels()
  const { connection, store, told } = await connect(sentinels.url)
  expect(told).toHaveLength(1)
  expect(told[0]?.error?.message).toMatch(/^Redis at 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+ cannot be reached: /)
  await expect(store.put(latestAt(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await sentinels.reviveSentinels()
  await eventually(() => connection.available, 20_000)
  await store.put(latestAt(2))
  expect(told.map(({ available }) => available)).toEqual([false, true])
}, 60_000)

test('when the roles are changed while both servers run, writes follow the master', async () => {
  const sentinels = await watched()
  const { store } = await connect(sentinels.url)
  await store.put(latestAt(1))
  await sentinels.failOver()
  await eventually(async () => {
    await store.put(latestAt(2))
    return (await store.get([board]))[0]?.ts === 2
  }, 30_000)
}, 60_000)

test('when the master dies, latest values go on at the replica that the Sentinels choose', async () => {
  const sentinels = await watched(PASSWORDS)
  const { connection, store, told } = await connect(sentinels.url)
  await store.put(latestAt(1))
  const before = await sentinels.masterPort()
  await sentinels.killMaster()
  await eventually(() => told.length === 2)
  await expect(store.put(latestAt(2))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await eventually(async () => {
    await store.put(latestAt(3))
    return true
  }, 30_000)
  expect(await sentinels.masterPort()).not.toBe(before)
  expect((await store.get([board]))[0]?.ts).toBe(3)
  expect(connection.available).toBe(true)
  expect(JSON.stringify(told.map(({ error }) => error?.message))).not.toMatch(/secret/)
}, 60_000)
