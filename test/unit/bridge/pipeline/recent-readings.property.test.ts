import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DeviceId, Reading } from '../../../../bridge/core/reading.ts'
import { byReceipt } from '../../../../bridge/pipeline/reading-order.ts'
import { createRecentReadings } from '../../../../bridge/pipeline/recent-readings.ts'
import { deviceId, readingOf } from '../../../support/readings.ts'

const T = 1_790_000_000_000

type Step =
  | { readonly do: 'add'; readonly device: number; readonly kind: number; readonly later: number }
  | { readonly do: 'commit'; readonly rows: number }
  | { readonly do: 'learn' }
  | { readonly do: 'ask'; readonly device: number; readonly limit: number; readonly meanwhile: number }

const add = fc.record({
  do: fc.constant('add' as const),
  device: fc.nat(2),
  // Few kinds and few times: readings alike in everything are common.
  kind: fc.nat(1),
  later: fc.nat(1),
})
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: add },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const), rows: fc.nat(6) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'learn' } as const) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        device: fc.nat(2),
        limit: fc.integer({ min: 1, max: 12 }),
        meanwhile: fc.nat(3),
      }),
    },
  ),
  { maxLength: 60 },
)

/** Runs the steps; answers what was asked, each with what there was in all at that moment. */
const run = async (
  all: readonly Step[],
  bounds: { readonly perDevice: number; readonly maxReadings: number },
) => {
  const rows: Reading[] = []
  let committed = 0
  let position = 0
  let now = T
  const ids = ['a', 'b', 'c'].map(deviceId)
  const idOf = (n: number): DeviceId => ids[n] as DeviceId
  const commit = (count: number): void => {
    committed = Math.min(rows.length, committed + count)
  }
  let meanwhile = (): void => {}
  const newestOf = (id: DeviceId, upTo: number): readonly Reading[] =>
    rows
      .slice(0, upTo)
      .filter((row) => row.deviceId === id)
      .sort((x, y) => byReceipt(y, x))
  const recent = createRecentReadings(
    {
      clock: () => now,
      drainedTo: () => position,
      history: {
        recent: async (id, limit) => {
          meanwhile()
          const answer = newestOf(id, committed).slice(0, limit)
          meanwhile()
          return answer
        },
        newest: async () => [],
      },
    },
    { ...bounds, maxDevices: 3 },
  )
  const put = (device: number, kind: number, later: number): void => {
    now += later
    const reading = readingOf(idOf(device), now, { temperature: kind })
    rows.push(reading)
    recent.add([reading], rows.length - 1)
  }
  const asked: {
    readonly answer: readonly Reading[]
    readonly truth: readonly Reading[]
    readonly limit: number
    readonly drained: boolean
  }[] = []
  for (const step of all) {
    if (step.do === 'add') put(step.device, step.kind, step.later)
    else if (step.do === 'commit') commit(step.rows)
    else if (step.do === 'learn') position = committed
    else {
      let budget = step.meanwhile
      meanwhile = () => {
        if (budget === 0) return
        budget -= 1
        commit(2)
        put(step.device, budget % 2, 0)
      }
      const drained = position === rows.length
      const answer = await recent.recent(idOf(step.device), step.limit)
      asked.push({ answer, truth: newestOf(idOf(step.device), rows.length), limit: step.limit, drained })
    }
  }
  return asked
}

const times = (readings: readonly Reading[]): readonly number[] =>
  readings.map(({ receivedAt }) => receivedAt)

const distinct = (readings: readonly Reading[]): readonly number[] => [...new Set(times(readings))]

/** What `some` has more often than `all`. */
const surplus = (some: readonly number[], all: readonly number[]): readonly number[] => {
  const left = [...all]
  return some.filter((one) => {
    const index = left.indexOf(one)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}

/** What was measured, in an order of its own: readings of one millisecond have none among them. */
const newerThan = (readings: readonly Reading[], oldest: number): readonly string[] =>
  readings
    .filter(({ receivedAt }) => receivedAt > oldest)
    .map(({ receivedAt, temperature }) => `${receivedAt} ${temperature}`)
    .sort()

test('with room in memory every answer is exactly the newest readings, whatever the drain does meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      for (const { answer, truth, limit } of await run(all, { perDevice: 100, maxReadings: 10_000 })) {
        const expected = truth.slice(0, limit)
        expect(times(answer)).toEqual(times(expected))
        const oldest = answer.at(-1)?.receivedAt ?? 0
        expect(newerThan(answer, oldest)).toEqual(newerThan(expected, oldest))
      }
    }),
    { numRuns: 300 },
  )
})

test('with little room an answer may end early or lag behind the drain, but has no hole and nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      for (const { answer, truth, limit, drained } of await run(all, { perDevice: 3, maxReadings: 8 })) {
        if (drained) expect(times(answer)).toEqual(times(truth.slice(0, limit)))
        // Of readings alike in everything Postgres' row may be the one that memory had no room for: no hole is seen then.
        const moments = distinct(truth)
        const places = moments.map((_, from) => moments.slice(from, from + distinct(answer).length).join())
        expect(answer.length === 0 || places.includes(distinct(answer).join())).toBe(true)
        expect(surplus(times(answer), times(truth))).toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})
