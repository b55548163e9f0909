import { describe, expect, test } from '@jest/globals'
import type { Latest } from '../../bridge/core/latest.ts'
import type { DeviceId } from '../../bridge/core/reading.ts'
import type { LatestStore } from '../../bridge/ports.ts'

const id = (text: string): DeviceId => text as DeviceId

const latestOf = (deviceId: string, ts: number, fields: Partial<Latest> = {}): Latest => ({
  deviceId: id(deviceId),
  ts,
  receivedAt: ts + 5,
  values: {},
  custom: null,
  ...fields,
})

const T = 1_790_000_000_000

/** What every LatestStore must do. `make` gives an empty store; it may be one store with a new key prefix. */
export const latestStoreContract = (name: string, make: () => LatestStore): void => {
  describe(`${name} as a LatestStore`, () => {
    const put = async (...latest: readonly Latest[]): Promise<LatestStore> => {
      const store = make()
      for (const one of latest) await store.put([one])
      return store
    }

    test('what was put is had back, number for number', async () => {
      const whole = latestOf('board-1', T, {
        values: {
          temperature: 21.5,
          humidity: 0,
          distance: -3.25,
          lightLevel: 4095,
          pressure: 1e-7,
          co2Level: 1e21,
        },
        custom: { note: 'naïve ☃ 🛰', nested: { list: [1, 'two', null, true] }, big: 9007199254740991 },
      })
      const store = await put(whole)
      expect(await store.get([id('board-1')])).toEqual([whole])
    })

    test('devices without values are absent, and nothing asked is nothing answered', async () => {
      const store = await put(latestOf('a', T))
      expect(await store.get([id('b'), id('a'), id('c')])).toEqual([latestOf('a', T)])
      expect(await store.get([])).toEqual([])
      await store.put([])
    })

    test('what is removed is absent, and may be older when it comes again', async () => {
      const store = await put(latestOf('a', T, { values: { temperature: 1 } }), latestOf('b', T))
      await store.remove([id('a'), id('nobody')])
      await store.remove([])
      expect((await store.get([id('a'), id('b')])).map(({ deviceId }) => deviceId)).toEqual(['b'])
      const older = latestOf('a', T - 1_000, { values: { humidity: 2 } })
      await store.put([older])
      expect(await store.get([id('a')])).toEqual([older])
    })

    test('a newer value replaces, metric by metric, and the others stay', async () => {
      const store = await put(
        latestOf('a', T, { values: { temperature: 1, humidity: 40 }, custom: { door: 'open' } }),
        latestOf('a', T + 1, { values: { temperature: 2 } }),
      )
      expect(await store.get([id('a')])).toEqual([
        latestOf('a', T + 1, { values: { temperature: 2, humidity: 40 }, custom: { door: 'open' } }),
      ])
    })

    test('an older value never replaces a newer one, but fills in what was not known', async () => {
      const store = await put(
        latestOf('a', T + 10, { values: { temperature: 2 } }),
        latestOf('a', T, { values: { temperature: 1, pressure: 990 }, custom: { door: 'open' } }),
      )
      expect(await store.get([id('a')])).toEqual([
        latestOf('a', T + 10, { values: { temperature: 2, pressure: 990 }, custom: { door: 'open' } }),
      ])
    })

    test('at the same time the one received later wins, and of two alike the second', async () => {
      const store = await put(
        latestOf('a', T, { receivedAt: 7, values: { temperature: 7 } }),
        latestOf('a', T, { receivedAt: 6, values: { temperature: 6 } }),
      )
      expect((await store.get([id('a')]))[0]).toMatchObject({ receivedAt: 7, values: { temperature: 7 } })
      await store.put([latestOf('a', T, { receivedAt: 7, values: { temperature: 8 } })])
      expect((await store.get([id('a')]))[0]).toMatchObject({ receivedAt: 7, values: { temperature: 8 } })
    })

    test('custom fields are replaced as a whole by newer ones', async () => {
      const store = await put(
        latestOf('a', T, { custom: { door: 'open', light: 'on' } }),
        latestOf('a', T + 1, { custom: { door: 'shut' } }),
      )
      expect((await store.get([id('a')]))[0]?.custom).toEqual({ door: 'shut' })
    })

    test('one put takes many devices, and the same device more than once', async () => {
      const store = make()
      const many = Array.from({ length: 1_500 }, (_, n) =>
        latestOf(`board-${n}`, T, { values: { altitude: n } }),
      )
      await store.put([latestOf('board-3', T + 1, { values: { altitude: -1 } }), ...many])
      const known = await store.get(many.map(({ deviceId }) => deviceId))
      expect(known).toHaveLength(1_500)
      expect(known[2]?.values).toEqual({ altitude: 2 })
      expect(known[3]).toEqual(latestOf('board-3', T + 1, { values: { altitude: -1 } }))
    })

    test.each(['böard-☃-🛰', '{a}b', '{', '}{', 'a:b:c', 'a b', ' ', '__proto__', '*?[x]', '%s\\n'])(
      'the device id %j is a key of its own',
      async (text) => {
        const store = await put(latestOf(text, T, { values: { distance: 1 } }), latestOf(`${text}2`, T))
        expect(await store.get([id(text)])).toEqual([latestOf(text, T, { values: { distance: 1 } })])
      },
    )

    test('a device heard of newest first ends as one heard of in order', async () => {
      const steps = [
        latestOf('a', T, { values: { temperature: 1, humidity: 1 } }),
        latestOf('a', T + 1, { values: { humidity: 2 }, custom: { n: 2 } }),
        latestOf('a', T + 2, { values: { temperature: 3 } }),
      ]
      const expected = latestOf('a', T + 2, { values: { temperature: 3, humidity: 2 }, custom: { n: 2 } })
      expect(await (await put(...steps)).get([id('a')])).toEqual([expected])
      expect(await (await put(...steps.toReversed())).get([id('a')])).toEqual([expected])
    })
  })
}
