import { expect, test } from '@jest/globals'
import { createMemoryBuzzer } from '../../../../bridge/stores/memory-buzzer.ts'
import { buzzerStoreContract, buzzOf } from '../../../contracts/buzzer-store.ts'
import { id, T } from '../../../contracts/sink-rows.ts'

buzzerStoreContract('the memory store', async () => ({
  buzzer: createMemoryBuzzer(),
  cleanup: async () => {},
}))

test('ids begin at the clock, so that a restart gives none of those before it', async () => {
  expect(await createMemoryBuzzer({ clock: () => T }).reserveIds(100, 0)).toBe(T)
  expect(await createMemoryBuzzer({ clock: () => T + 500 }).reserveIds(100, 0)).toBe(T + 500)
})

test('over its bound the oldest request is forgotten', async () => {
  const store = createMemoryBuzzer({ maxRequests: 2 })
  await store.upsert([buzzOf(1), buzzOf(2, { deviceId: id('b') }), buzzOf(3)])
  expect(await store.get(1)).toBeUndefined()
  expect((await store.newest(id('b')))?.id).toBe(2)
  expect((await store.newest(id('a')))?.id).toBe(3)
})
