import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { DeviceId, Reading } from '../../../../bridge/core/reading.ts'
import { byReceipt } from '../../../../bridge/pipeline/reading-order.ts'
import {
  createRecentReadings,
  type RecentReadingsOptions,
} from '../../../../bridge/pipeline/recent-readings.ts'
import type { HistoryReader } from '../../../../bridge/ports.ts'
import { deviceId, readingOf } from '../../../support/readings.ts'

const T = 1_790_000_000_000

beforeEach(() => {
  jest.useFakeTimers({ now: T })
})
afterEach(() => {
  jest.useRealTimers()
})

/** A spool, its drain and Postgres: rows below `committed` are stored, and the drain knows it of those below `position`. */
interface World {
  readonly rows: Reading[]
  committed: number
  position: number
  away: boolean
  queries: number
  /** Runs between the start of a query and its snapshot. */
  before: () => Promise<void>
  /** Runs between the snapshot and the answer. */
  after: () => Promise<void>
  readonly drain: (to?: number) => void
  readonly history: HistoryReader
}

const createWorld = (): World => {
  const rows: Reading[] = []
  const world: World = {
    rows,
    committed: 0,
    position: 0,
    away: false,
    queries: 0,
    before: async () => {},
    after: async () => {},
    drain: (to = rows.length) => {
      world.committed = to
      world.position = to
    },
    history: {
      recent: async (id: DeviceId, limit: number) => {
        world.queries += 1
        await world.before()
        if (world.away) throw new Error('away')
        const stored = rows.slice(0, world.committed).filter((row) => row.deviceId === id)
        const answer = stored.sort((x, y) => byReceipt(y, x)).slice(0, limit)
        await world.after()
        return answer.map((row) => ({ ...row }))
      },
      newest: async () => [],
    },
  }
  return world
}

const setUp = (options: RecentReadingsOptions = {}, drainsSoon?: () => boolean) => {
  const world = createWorld()
  const recent = createRecentReadings(
    {
      history: world.history,
      clock: Date.now,
      drainedTo: () => world.position,
      ...(drainsSoon && { drainsSoon }),
    },
    options,
  )
  const add = (...readings: readonly Reading[]): void => {
    const offset = world.rows.length
    world.rows.push(...readings)
    recent.add(readings, offset)
  }
  const ask = async (limit: number, id: DeviceId = a): Promise<readonly (number | null)[]> =>
    (await recent.recent(id, limit)).map(({ temperature }) => temperature)
  return { world, recent, add, ask }
}

const a = deviceId('a')
const of = (n: number, fields: Partial<Reading> = {}): Reading =>
  readingOf('a', T + n, { temperature: n, ...fields })
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, n) => (from < to ? from + n : from - n))

describe('recent readings', () => {
  test('are answered from memory when it holds as many as are asked for', async () => {
    const { world, add, ask } = setUp()
    add(...range(0, 9).map((n) => of(n)))
    expect(await ask(3)).toEqual([9, 8, 7])
    expect(await ask(10)).toEqual(range(9, 0))
    expect(world.queries).toBe(0)
  })

  test('are joined with those of Postgres, each once, and from memory the next time', async () => {
    const { world, recent, add, ask } = setUp()
    world.rows.push(...range(0, 4).map((n) => of(n)))
    world.drain()
    add(of(5), of(6), of(7))
    world.drain(6)
    expect(await ask(100)).toEqual(range(7, 0))
    expect(await ask(100)).toEqual(range(7, 0))
    expect(world.queries).toBe(1)
    add(of(8))
    expect(await ask(2)).toEqual([8, 7])
    expect(await ask(500)).toEqual(range(8, 0))
    expect(world.queries).toBe(1)
    expect(recent.stats()).toMatchObject({ hits: 3, misses: 1, size: 9, devices: 1 })
  })

  test('of a device that has none are none, and this is remembered until there is one', async () => {
    const { world, add, ask } = setUp()
    add(readingOf('b', T))
    world.drain()
    expect(await ask(10)).toEqual([])
    expect(await ask(10)).toEqual([])
    expect(world.queries).toBe(1)
    add(of(1))
    expect(await ask(10)).toEqual([1])
    expect(world.queries).toBe(1)
  })

  test('two readings alike in everything are two, wherever the drain stands', async () => {
    const twin = (): Reading => of(1, { custom: { door: 'open', list: [1, { x: null }] } })
    for (const committed of [0, 1, 2, 3]) {
      for (const position of range(0, 3).filter((n) => n <= committed)) {
        const { world, add, ask } = setUp()
        add(twin(), twin(), twin())
        world.committed = committed
        world.position = position
        expect(await ask(10)).toEqual([1, 1, 1])
        expect(await ask(10)).toEqual([1, 1, 1])
      }
    }
  })

  test('a commit between the look at the cursor and the query doubles nothing', async () => {
    const { world, add, ask } = setUp()
    add(...range(0, 9).map((n) => of(n)))
    world.before = async () => world.drain()
    expect(await ask(50)).toEqual(range(9, 0))
    expect(await ask(50)).toEqual(range(9, 0))
    expect(world.queries).toBe(1)
  })

  test('a commit between the query and its answer loses nothing', async () => {
    const { world, add, ask } = setUp()
    add(...range(0, 4).map((n) => of(n)))
    world.after = async () => {
      add(of(5))
      world.drain()
    }
    expect(await ask(50)).toEqual(range(5, 0))
    expect(await ask(50)).toEqual(range(5, 0))
  })

  test('keys of custom fields in another order are the same reading', async () => {
    const { world, add, ask } = setUp()
    add(of(1, { custom: { x: 1, y: [1, 2] } }))
    world.committed = 1
    world.rows[0] = of(1, { custom: { y: [1, 2], x: 1 } })
    expect(await ask(10)).toEqual([1])
  })

  test('are in the order of receipt, of one message by their own times, as Postgres has them', async () => {
    const { add, ask } = setUp({ perDevice: 4 })
    const backfill = range(20, 0).map((n) => readingOf('a', T, { ts: T - 1_000 + n, temperature: n }))
    add(...backfill)
    expect(await ask(3)).toEqual([20, 19, 18])
    add(of(50))
    expect(await ask(3)).toEqual([50, 20, 19])
  })

  test('more than memory keeps come from Postgres and memory together', async () => {
    const { world, add, ask } = setUp({ perDevice: 10 })
    add(...range(0, 299).map((n) => of(n)))
    world.drain(295)
    expect(await ask(200)).toEqual(range(299, 100))
    expect(await ask(10)).toEqual(range(299, 290))
    expect(world.queries).toBe(1)
  })

  test('the list ends where readings are missing rather than go on behind a hole', async () => {
    const { world, add, ask } = setUp({ perDevice: 10 })
    add(...range(0, 99).map((n) => of(n)))
    world.drain(50)
    const answer = await ask(80)
    expect(answer.length).toBeGreaterThanOrEqual(10)
    expect(answer).toEqual(range(99, 100 - answer.length))
    world.drain()
    expect(await ask(80)).toEqual(range(99, 20))
  })

  test('an answer waits a little for readings that left memory and are on their way to Postgres', async () => {
    const { world, add, ask } = setUp({ perDevice: 10, waitForDrainMs: 1_000 })
    add(...range(0, 99).map((n) => of(n)))
    const answer = ask(80)
    await jest.advanceTimersByTimeAsync(200)
    expect(world.queries).toBe(0)
    world.drain()
    await jest.advanceTimersByTimeAsync(20)
    expect(await answer).toEqual(range(99, 20))
  })

  test('an answer does not wait for a drain that stands still', async () => {
    const { add, ask } = setUp({ perDevice: 10, waitForDrainMs: 1_000 })
    add(...range(0, 99).map((n) => of(n)))
    const answer = ask(80)
    await jest.advanceTimersByTimeAsync(1_000)
    expect((await answer)[0]).toBe(99)
  })

  test('an answer does not wait for a drain that will not get there soon', async () => {
    let isSoon = false
    const { world, add, ask } = setUp({ perDevice: 10, waitForDrainMs: 1_000 }, () => isSoon)
    add(...range(0, 99).map((n) => of(n)))
    expect((await ask(80))[0]).toBe(99)
    isSoon = true
    const answer = ask(80)
    await jest.advanceTimersByTimeAsync(100)
    expect(world.queries).toBe(1)
    isSoon = false
    await jest.advanceTimersByTimeAsync(20)
    expect((await answer)[0]).toBe(99)
  })

  test('there is no hole when Postgres has what left memory, though the drain does not know it yet', async () => {
    const { world, add, ask } = setUp({ perDevice: 10 })
    add(...range(0, 99).map((n) => of(n)))
    world.committed = 100
    world.position = 50
    expect(await ask(80)).toEqual(range(99, 20))
  })

  test('after the clock was set back the order of receipt is kept, from memory as from Postgres', async () => {
    const { world, add, ask } = setUp({ perDevice: 4 })
    add(...range(0, 9).map((n) => of(n)))
    add(of(3))
    world.drain()
    expect(await ask(5)).toEqual(range(9, 5))
    expect(await ask(8)).toEqual([9, 8, 7, 6, 5, 4, 3, 3])
  })

  test('a reading older than what Postgres was asked for does not stand next to the others', async () => {
    const { world, add, ask } = setUp({ perDevice: 10 })
    world.rows.push(...range(0, 29).map((n) => of(n)))
    world.drain()
    add(of(5))
    expect(await ask(10)).toEqual(range(29, 20))
    expect(await ask(11)).toEqual(range(29, 19))
  })

  test('a device that had to go before it was drained is not taken for one without readings', async () => {
    const { world, recent, add, ask } = setUp({ maxDevices: 2 })
    add(of(1))
    add(readingOf('b', T))
    add(readingOf('c', T))
    expect(recent.stats().devices).toBe(1)
    expect(await ask(10)).toEqual([])
    world.drain()
    expect(await ask(10)).toEqual([1])
  })

  test('while history is away memory answers what it has, and else nothing is said to be known', async () => {
    const { world, add, ask } = setUp()
    world.away = true
    add(of(1), of(2))
    expect(await ask(10)).toEqual([2, 1])
    await expect(ask(10, deviceId('b'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    world.away = false
    world.drain()
    expect(await ask(10, deviceId('b'))).toEqual([])
  })

  test('without history memory is all there is', async () => {
    const recent = createRecentReadings({ clock: Date.now, drainedTo: () => 0 })
    recent.add([of(1), of(2)], 0)
    expect(await recent.recent(a, 10)).toHaveLength(2)
    expect(await recent.recent(deviceId('b'), 10)).toEqual([])
  })

  test('what was spooled before this start and is not drained keeps answers from being kept', async () => {
    const { world, recent, ask } = setUp()
    world.rows.push(of(0), of(1), of(2))
    world.drain(1)
    expect(await ask(10)).toEqual([0])
    world.rows.push(of(3))
    recent.add([of(3)], 3)
    expect(await ask(10)).toEqual([3])
    world.drain()
    expect(await ask(10)).toEqual([3, 2, 1, 0])
    expect(await ask(10)).toEqual([3, 2, 1, 0])
    expect(world.queries).toBe(3)
  })

  test.each([0, -1, Number.NaN, 0.5])('a limit of %d asks for nothing', async (limit) => {
    const { world, add, ask } = setUp()
    add(of(1))
    expect(await ask(limit)).toEqual([])
    expect(world.queries).toBe(0)
  })

  test('nobody gets more than 500', async () => {
    const { world, add, ask } = setUp()
    add(...range(0, 599).map((n) => of(n)))
    world.drain()
    expect(await ask(10_000)).toHaveLength(500)
  })

  test('many who ask at once cost one query', async () => {
    const { world, add, ask } = setUp()
    add(of(1))
    world.drain()
    const answers = await Promise.all([ask(10), ask(10), ask(50), ask(7)])
    expect(answers).toEqual([[1], [1], [1], [1]])
    expect(world.queries).toBe(1)
  })

  test('a smaller question does not answer a bigger one that waits for it', async () => {
    const { world, add, ask } = setUp({ perDevice: 5 })
    add(...range(0, 99).map((n) => of(n)))
    world.drain()
    add(readingOf('b', T))
    const [few, many] = await Promise.all([ask(8), ask(90)])
    expect(few).toEqual(range(99, 92))
    expect(many).toEqual(range(99, 10))
    expect(world.queries).toBe(2)
  })

  test('memory is bounded by devices and by readings in all, and answers stay right', async () => {
    const { world, recent, add, ask } = setUp({ maxDevices: 10, maxReadings: 200, perDevice: 50 })
    for (let round = 0; round < 40; round += 1) {
      for (let board = 0; board < 20; board += 1) {
        const n = round * 20 + board
        add(readingOf(`board-${board}`, T + n, { temperature: n }))
      }
      if (round % 3 === 0) world.drain()
    }
    expect(recent.stats().size).toBeLessThanOrEqual(200)
    expect(recent.stats().devices).toBeLessThanOrEqual(10)
    world.drain()
    for (let board = 0; board < 20; board += 1) {
      expect(await ask(40, deviceId(`board-${board}`))).toEqual(
        range(39, 0).map((round) => round * 20 + board),
      )
    }
  })

  test('a device not used for its time is forgotten, unless Postgres does not have it all', async () => {
    const { world, recent, add } = setUp({ ttlMs: 1_000, sweepMs: 500 })
    await recent.start()
    add(of(1))
    jest.advanceTimersByTime(3_000)
    expect(recent.stats().devices).toBe(1)
    world.drain()
    jest.advanceTimersByTime(500)
    expect(recent.stats()).toMatchObject({ devices: 0, size: 0 })
    await recent.stop()
    expect(jest.getTimerCount()).toBe(0)
  })
})
