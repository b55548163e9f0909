import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Latest } from '../../../../bridge/core/latest.ts'
import type { DeviceId, Reading } from '../../../../bridge/core/reading.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import {
  createLatestValues,
  type LatestValues,
  type LatestValuesOptions,
} from '../../../../bridge/pipeline/latest-values.ts'
import type { HistoryReader, LatestStore } from '../../../../bridge/ports.ts'
import { createMemoryLatest } from '../../../../bridge/stores/memory-latest.ts'
import { deviceId, readingOf } from '../../../support/readings.ts'

const T = 1_790_000_000_000

beforeEach(() => {
  jest.useFakeTimers({ now: T })
})
afterEach(() => {
  jest.useRealTimers()
})

/** A store that can be away, and remembers what it was given. */
const createStore = () => {
  const inner = createMemoryLatest()
  const store = {
    away: false,
    puts: [] as (readonly Latest[])[],
    gets: [] as (readonly DeviceId[])[],
    /** When set, a put waits for it. */
    gate: undefined as Promise<void> | undefined,
    put: async (latest: readonly Latest[]) => {
      store.puts.push(latest)
      await store.gate
      if (store.away) throw new Error('away')
      await inner.put(latest)
    },
    get: async (ids: readonly DeviceId[]) => {
      store.gets.push(ids)
      if (store.away) throw new Error('away')
      return inner.get(ids)
    },
    remove: (ids: readonly DeviceId[]) => inner.remove(ids),
    inner,
  }
  return store
}

const historyOf = (...readings: readonly Reading[]) => {
  const history = {
    away: false,
    asked: [] as (readonly DeviceId[])[],
    recent: async () => [],
    newest: async (ids: readonly DeviceId[]) => {
      history.asked.push(ids)
      if (history.away) throw new Error('away')
      return readings.filter((reading) => ids.includes(reading.deviceId))
    },
  }
  return history satisfies HistoryReader & object
}

const setUp = async (
  parts: { readonly store?: LatestStore; readonly history?: HistoryReader } = {},
  options: LatestValuesOptions = {},
) => {
  const events = createBridgeEmitter()
  const available: boolean[] = []
  events.on('latest:store', (event) => available.push(event.available))
  const latest: LatestValues = createLatestValues(
    { ...parts, clock: Date.now, random: () => 0, events },
    options,
  )
  await latest.start()
  return { latest, events, available }
}

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms)
const [a, b, c] = [deviceId('a'), deviceId('b'), deviceId('c')]

describe('latest values in memory', () => {
  test('are merged by newest wins, and a late reading changes nothing', async () => {
    const { latest } = await setUp()
    latest.update([
      readingOf('a', T, { temperature: 1, humidity: 40 }),
      readingOf('a', T + 2, { temperature: 2 }),
      readingOf('a', T + 1, { temperature: 3, pressure: 990 }),
    ])
    expect(await latest.get([a, b])).toEqual([
      { deviceId: a, ts: T + 2, receivedAt: T + 2, values: { temperature: 2, humidity: 40 }, custom: null },
    ])
  })

  test('are bounded: a device long unused goes, one that was asked for stays', async () => {
    const { latest } = await setUp({}, { maxDevices: 2 })
    latest.update([readingOf('a', T), readingOf('b', T)])
    await latest.get([a])
    latest.update([readingOf('c', T)])
    await pass(100)
    expect((await latest.get([a, b, c])).map((one) => one.deviceId)).toEqual([a, c])
  })
})

describe('the store', () => {
  test('is given only the newest state of a device, all devices in one call', async () => {
    const store = createStore()
    const { latest } = await setUp({ store })
    for (let n = 0; n < 50; n += 1) {
      latest.update([readingOf('a', T + n, { temperature: n }), readingOf('b', T + n, { humidity: n })])
    }
    await pass(100)
    expect(store.puts).toHaveLength(1)
    expect(store.puts[0]?.map(({ values }) => values)).toEqual([{ temperature: 49 }, { humidity: 49 }])
    await pass(1_000)
    expect(store.puts).toHaveLength(1)
  })

  test('is not written for late readings', async () => {
    const store = createStore()
    const { latest } = await setUp({ store })
    latest.update([readingOf('a', T)])
    await pass(100)
    latest.update([readingOf('a', T - 1)])
    await pass(100)
    expect(store.puts).toHaveLength(1)
  })

  test('is written in pieces, one at a time; what changed meanwhile goes next', async () => {
    const store = createStore()
    let open = (): void => {}
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const { latest } = await setUp({ store }, { maxPerWrite: 2 })
    latest.update(['a', 'b', 'c'].map((id) => readingOf(id, T, { temperature: 1 })))
    await pass(500)
    expect(store.puts.map((put) => put.length)).toEqual([2])
    latest.update([readingOf('a', T + 1, { temperature: 2 })])
    open()
    await pass(200)
    expect(store.puts.map((put) => put.map(({ deviceId: id }) => id))).toEqual([[a, b], [c], [a]])
    expect((await store.inner.get([a]))[0]?.values).toEqual({ temperature: 2 })
  })

  test('that is away is told once, tried again, and has everything when it is back, told once', async () => {
    const store = createStore()
    const { latest, available } = await setUp({ store })
    store.away = true
    for (let n = 0; n < 30; n += 1) {
      latest.update([readingOf(`board-${n}`, T, { temperature: n })])
      await pass(100)
    }
    expect(available).toEqual([false])
    expect(latest.stats()).toMatchObject({ unsaved: 30, available: false })
    expect(await latest.get([deviceId('board-7')])).toHaveLength(1)
    store.away = false
    await pass(6_000)
    expect(available).toEqual([false, true])
    expect(latest.stats()).toMatchObject({ unsaved: 0, available: true })
    expect(await store.inner.get(Array.from({ length: 30 }, (_, n) => deviceId(`board-${n}`)))).toHaveLength(
      30,
    )
  })

  test('fills in what this process does not know, and is not turned back by late readings after a start', async () => {
    const store = createStore()
    await store.inner.put([
      { deviceId: a, ts: T - 5, receivedAt: T - 5, values: { humidity: 40, temperature: 1 }, custom: null },
    ])
    const { latest } = await setUp({ store })
    const told: Latest[] = []
    latest.onLatest((one) => told.push(one))
    latest.update([readingOf('a', T - 60_000, { temperature: -60 })])
    await pass(300)
    latest.update([readingOf('a', T, { temperature: 2 })])
    await pass(300)
    expect(told.map(({ ts, values }) => [ts, values])).toEqual([
      [T - 5, { humidity: 40, temperature: 1 }],
      [T, { humidity: 40, temperature: 2 }],
    ])
    expect((await store.inner.get([a]))[0]).toEqual(told[1])
  })

  test('a device is written before it is forgotten, and is had from the store afterwards', async () => {
    const store = createStore()
    const { latest } = await setUp({ store }, { maxDevices: 2 })
    const ids = ['a', 'b', 'c', 'd'].map(deviceId)
    latest.update(ids.map((id) => readingOf(id, T, { temperature: 1 })))
    expect(latest.stats().devices).toBe(4)
    await pass(200)
    expect(latest.stats()).toMatchObject({ devices: 2, unsaved: 0 })
    expect((await latest.get(ids)).map((one) => one.deviceId)).toEqual(ids)
  })

  test('while it is away memory holds at most twice its bound', async () => {
    const store = createStore()
    store.away = true
    const { latest } = await setUp({ store }, { maxDevices: 10 })
    for (let n = 0; n < 100; n += 1) latest.update([readingOf(`board-${n}`, T)])
    await pass(1_000)
    expect(latest.stats().devices).toBeLessThanOrEqual(20)
    expect(latest.stats().unsaved).toBeLessThanOrEqual(20)
    expect(await latest.get([deviceId('board-99')])).toHaveLength(1)
  })

  test('stopping writes what is left, and ends the timers', async () => {
    const store = createStore()
    const { latest } = await setUp({ store })
    latest.update([readingOf('a', T)])
    await latest.stop()
    expect(await store.inner.get([a])).toHaveLength(1)
    expect(jest.getTimerCount()).toBe(0)
  })
})

describe('reading latest values', () => {
  test('goes from memory to the store to history, and memory has them afterwards', async () => {
    const store = createStore()
    await store.inner.put([{ deviceId: b, ts: T, receivedAt: T, values: { humidity: 1 }, custom: null }])
    const history = historyOf(readingOf('c', T, { pressure: 990 }))
    const { latest } = await setUp({ store, history })
    latest.update([readingOf('a', T, { temperature: 1 })])
    await pass(100)
    store.gets.length = 0
    const ids = [c, b, a, deviceId('nobody')]
    expect((await latest.get(ids)).map(({ values }) => values)).toEqual([
      { pressure: 990 },
      { humidity: 1 },
      { temperature: 1 },
    ])
    expect(store.gets).toEqual([[c, b, deviceId('nobody')]])
    expect(history.asked).toEqual([[c, deviceId('nobody')]])
    expect(await latest.get([a, b, c])).toHaveLength(3)
    expect(store.gets).toHaveLength(1)
  })

  test('what history knew and the store did not is written to the store', async () => {
    const store = createStore()
    const { latest } = await setUp({ store, history: historyOf(readingOf('c', T)) })
    await latest.get([c])
    await pass(100)
    expect(await store.inner.get([c])).toHaveLength(1)
  })

  test('falls back to history while the store is away', async () => {
    const store = createStore()
    store.away = true
    const { latest } = await setUp({ store, history: historyOf(readingOf('c', T, { pressure: 990 })) })
    expect((await latest.get([c]))[0]?.values).toEqual({ pressure: 990 })
  })

  test('throws STORE_UNAVAILABLE rather than say that there is nothing', async () => {
    const store = createStore()
    const history = historyOf()
    const { latest } = await setUp({ store, history })
    latest.update([readingOf('a', T)])
    store.away = true
    history.away = true
    await expect(latest.get([b])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await latest.get([a, b])).toHaveLength(1)
    const alone = await setUp({ store })
    alone.latest.update([readingOf('a', T)])
    await pass(500)
    await expect(alone.latest.get([b])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('a reading that comes while history is asked is not turned back by its answer', async () => {
    let answer: (readings: readonly Reading[]) => void = () => {}
    const history: HistoryReader = {
      recent: async () => [],
      newest: () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    }
    const { latest } = await setUp({ history })
    const asked = latest.get([a])
    await pass(0)
    latest.update([readingOf('a', T + 5, { temperature: 5 })])
    answer([readingOf('a', T, { temperature: 0, humidity: 40 })])
    expect((await asked)[0]).toMatchObject({ ts: T + 5, values: { temperature: 5, humidity: 40 } })
  })
})

describe('listeners', () => {
  test('are told the newest state at most four times a second per device, and always the last', async () => {
    const { latest } = await setUp()
    const told: { readonly at: number; readonly value: number | undefined }[] = []
    latest.onLatest(({ values }) => told.push({ at: Date.now() - T, value: values.temperature }))
    for (let ms = 0; ms < 2_000; ms += 10) {
      latest.update([readingOf('a', T + ms, { temperature: ms })])
      await pass(10)
    }
    await pass(1_000)
    expect(told.at(-1)?.value).toBe(1_990)
    expect(told.length).toBeGreaterThanOrEqual(8)
    for (let n = 1; n < told.length; n += 1) {
      expect((told[n]?.at ?? 0) - (told[n - 1]?.at ?? 0)).toBeGreaterThanOrEqual(250)
    }
  })

  test('are told of a first change soon, of each device, and of nothing that did not change', async () => {
    const { latest } = await setUp()
    const told: DeviceId[] = []
    latest.onLatest((one) => told.push(one.deviceId))
    latest.update([readingOf('a', T), readingOf('b', T)])
    await pass(50)
    expect(told).toEqual([a, b])
    latest.update([readingOf('a', T - 1)])
    await pass(1_000)
    expect(told).toHaveLength(2)
  })

  test('are told of a bounded number of devices at a time, all of them in the end', async () => {
    const { latest } = await setUp({}, { feedMaxPerTurn: 10 })
    let told = 0
    latest.onLatest(() => {
      told += 1
    })
    latest.update(Array.from({ length: 25 }, (_, n) => readingOf(`board-${n}`, T)))
    await pass(50)
    expect(told).toBe(10)
    await pass(100)
    expect(told).toBe(25)
  })

  test('that throw are reported and keep nobody else from being told', async () => {
    const { latest, events } = await setUp()
    const errors: string[] = []
    events.on('bridge:error', ({ where }) => errors.push(where))
    let told = 0
    latest.onLatest(() => {
      throw new Error('broken')
    })
    const end = latest.onLatest(() => {
      told += 1
    })
    latest.update([readingOf('a', T)])
    await pass(50)
    expect([told, errors.length]).toEqual([1, 1])
    end()
    latest.update([readingOf('a', T + 1)])
    await pass(500)
    expect([told, errors.length]).toEqual([1, 2])
  })

  test('are told what waits when the program stops', async () => {
    const { latest } = await setUp()
    const told: number[] = []
    latest.onLatest(({ ts }) => told.push(ts - T))
    latest.update([readingOf('a', T)])
    await pass(50)
    latest.update([readingOf('a', T + 1)])
    await latest.stop()
    expect(told).toEqual([0, 1])
  })
})
