import { expect, test } from '@jest/globals'
import type { DeviceId } from '../../../../bridge/core/reading.ts'
import { createMemoryLatest } from '../../../../bridge/stores/memory-latest.ts'
import { latestStoreContract } from '../../../contracts/latest-store.ts'

latestStoreContract('the memory store', () => createMemoryLatest())

test('over its bound the device written longest ago is forgotten', async () => {
  const store = createMemoryLatest({ maxDevices: 2 })
  const [a, b, c] = ['a', 'b', 'c'] as unknown as readonly [DeviceId, DeviceId, DeviceId]
  const at = (deviceId: DeviceId, ts: number) => ({ deviceId, ts, receivedAt: ts, values: {}, custom: null })
  await store.put([at(a, 1), at(b, 1), at(a, 2), at(c, 1)])
  expect((await store.get([a, b, c])).map(({ deviceId }) => deviceId)).toEqual([a, c])
})
