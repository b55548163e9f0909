import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { BuzzerRequest } from '../../bridge/core/buzzer.ts'
import type { BuzzerStore } from '../../bridge/ports.ts'
import { id, T } from './sink-rows.ts'

/** A new, empty store. */
export interface BuzzerUnderTest {
  readonly buzzer: BuzzerStore
  cleanup(): Promise<void>
}

/** A pending request of device `a`, made at T. */
export const buzzOf = (requestId: number, fields: Partial<BuzzerRequest> = {}): BuzzerRequest => ({
  id: requestId,
  deviceId: id('a'),
  status: 'pending',
  durationMs: 250,
  requestedAt: T,
  expiresAt: T + 300_000,
  deliveredAt: null,
  buzzedAt: null,
  createdAt: T,
  updatedAt: T,
  ...fields,
})

/** What every BuzzerStore must do. */
export const buzzerStoreContract = (name: string, make: () => Promise<BuzzerUnderTest>): void => {
  describe(`${name} as a BuzzerStore`, () => {
    let it: BuzzerUnderTest
    beforeEach(async () => {
      it = await make()
    })
    afterEach(() => it.cleanup())

    test('a request that was never stored is not there', async () => {
      expect(await it.buzzer.get(1)).toBeUndefined()
      expect(await it.buzzer.newest(id('a'))).toBeUndefined()
      expect(await it.buzzer.pending(0)).toEqual([])
    })

    test('a request comes back as it was stored', async () => {
      const done = buzzOf(2 ** 41, {
        deviceId: id('böard "☃" \\ 🛰'),
        status: 'completed',
        durationMs: 60_000,
        deliveredAt: T + 1,
        buzzedAt: T + 251,
        updatedAt: T + 999,
      })
      await it.buzzer.upsert([done, buzzOf(1)])
      expect(await it.buzzer.get(done.id)).toEqual(done)
      expect(await it.buzzer.newest(done.deviceId)).toEqual(done)
      expect(await it.buzzer.get(1)).toEqual(buzzOf(1))
    })

    test.each(['pending', 'completed', 'cancelled', 'lapsed'] as const)(
      'keeps the status %s',
      async (status) => {
        await it.buzzer.upsert([buzzOf(1, { status })])
        expect((await it.buzzer.get(1))?.status).toBe(status)
      },
    )

    test('storing a request again replaces all of it', async () => {
      await it.buzzer.upsert([buzzOf(1)])
      const later = buzzOf(1, {
        status: 'lapsed',
        deliveredAt: T + 5,
        expiresAt: T + 9,
        updatedAt: T + 10_005,
      })
      await it.buzzer.upsert([later])
      expect(await it.buzzer.get(1)).toEqual(later)
    })

    test('a request that is completed stays so, whoever still counts it as pending', async () => {
      const done = buzzOf(1, { status: 'completed', buzzedAt: T + 300, updatedAt: T + 300 })
      await it.buzzer.upsert([done])
      await it.buzzer.upsert([buzzOf(1, { status: 'lapsed', updatedAt: T + 10_000 }), buzzOf(2)])
      expect(await it.buzzer.get(1)).toEqual(done)
      expect(await it.buzzer.get(2)).toBeDefined()
    })

    test('of the same request twice in one call the last one counts', async () => {
      await it.buzzer.upsert([buzzOf(1), buzzOf(2), buzzOf(1, { status: 'completed' })])
      expect((await it.buzzer.get(1))?.status).toBe('completed')
    })

    test('the newest of a device is the one with the highest id, whatever was stored last', async () => {
      await it.buzzer.upsert([buzzOf(3, { status: 'completed' }), buzzOf(9, { deviceId: id('A') })])
      await it.buzzer.upsert([buzzOf(2, { status: 'lapsed', updatedAt: T + 9 })])
      expect((await it.buzzer.newest(id('a')))?.id).toBe(3)
      expect((await it.buzzer.newest(id('A')))?.id).toBe(9)
    })

    test('pending are those that are, of every device, from a time on', async () => {
      await it.buzzer.upsert([
        buzzOf(1, { requestedAt: T - 1 }),
        buzzOf(2, { requestedAt: T }),
        buzzOf(3, { deviceId: id('b'), deliveredAt: T }),
        buzzOf(4, { status: 'completed' }),
        buzzOf(5, { status: 'lapsed' }),
        buzzOf(6, { status: 'cancelled' }),
      ])
      const ids = async (sinceMs: number) => (await it.buzzer.pending(sinceMs)).map((each) => each.id).sort()
      expect(await ids(T)).toEqual([2, 3])
      expect(await ids(0)).toEqual([1, 2, 3])
      await it.buzzer.upsert([buzzOf(2, { status: 'completed' })])
      expect(await ids(T)).toEqual([3])
    })

    test('ids are reserved in blocks that increase and never overlap, also when asked for at once', async () => {
      const counts = [100, 1, 7, 100, 1_000, 3]
      const firsts = await Promise.all(counts.map((count) => it.buzzer.reserveIds(count, 0)))
      const blocks = firsts
        .map((first, index) => ({ first, end: first + (counts[index] ?? 0) }))
        .sort((a, b) => a.first - b.first)
      expect(blocks[0]?.first).toBeGreaterThan(0)
      blocks.reduce((before, block) => {
        expect(block.first).toBeGreaterThanOrEqual(before.end)
        return block
      })
      expect(await it.buzzer.reserveIds(1, 0)).toBeGreaterThanOrEqual(blocks.at(-1)?.end ?? 0)
      expect(firsts.every(Number.isSafeInteger)).toBe(true)
    })

    test('ids lie above those given before and those stored, also in a store put back to an older state', async () => {
      const first = await it.buzzer.reserveIds(10, 0)
      const above = await it.buzzer.reserveIds(10, first + 5_000)
      expect(above).toBeGreaterThan(first + 5_000)
      await it.buzzer.upsert([buzzOf(above + 9_000)])
      expect(await it.buzzer.reserveIds(10, 0)).toBeGreaterThan(above + 9_000)
    })

    test('nothing to store is no error, and thousands at once are fine', async () => {
      await it.buzzer.upsert([])
      await it.buzzer.upsert(Array.from({ length: 5_000 }, (_, index) => buzzOf(index + 1)))
      expect((await it.buzzer.newest(id('a')))?.id).toBe(5_000)
    })
  })
}
