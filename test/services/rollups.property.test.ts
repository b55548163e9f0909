/**
 * Any order of what writers, clocks and the job can do: at every moment what may be read of minutes and hours is what the
 * raw readings give, and in the end all of it is made. Numbers are quarters, which add up exactly in any order.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Reading } from '../../bridge/core/reading.ts'
import { readingOf } from '../contracts/sink-rows.ts'
import { openRollupWorld, type RollupWorld } from '../support/rollup-world.ts'

const START = Date.UTC(2026, 11, 31, 21, 58, 30)
const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

let world: RollupWorld
beforeAll(async () => {
  world = await openRollupWorld()
})
afterAll(() => world.end())

const quarter = fc.integer({ min: -40, max: 40 }).map((n) => n / 4)
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { freq: 2 })

/** Milliseconds before now: live, late, around the bounds of an hour, a month, a year, or ahead of the clock. */
const behind = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 5 * SECOND }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 200 * SECOND }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 4 * HOUR }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 * DAY }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 60 * SECOND, HOUR, DAY, 366 * DAY) },
  { weight: 1, arbitrary: fc.integer({ min: -2 * HOUR, max: 0 }) },
)

const sent = fc.record({
  device: fc.constantFrom('a', 'b', 'tab\tand \\'),
  behind,
  /** Rows of one moment are common. */
  grain: fc.constantFrom(1, 250, 60_000, 3_600_000),
  temperature: maybe(quarter),
  humidity: maybe(fc.constantFrom(1e300, -0.25, 0.5)),
  lightLevel: maybe(fc.nat(4095)),
  custom: maybe(
    fc.dictionary(
      fc.constantFrom('x', 'é', 'lightLevel', '', 'k'.repeat(200), 'l'.repeat(201)),
      fc.oneof(quarter, fc.constantFrom('text', true, null)),
      { maxKeys: 3 },
    ),
  ),
})
type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never

const spool = fc.constantFrom('one', 'two')
const waits = fc.constantFrom(5 * SECOND, 50 * SECOND, 61 * SECOND, 20 * 60 * SECOND, 2 * HOUR, 2 * DAY)
const batch = fc.array(sent, { minLength: 1, maxLength: 8 })
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('store' as const), spool, batch }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), spool, batch }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const) }) },
  // Nothing is known of a batch under way but where its spool was before.
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('round beside' as const), spool, batch, ms: waits }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('round' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('failing round' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: waits }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(-30 * SECOND, -3 * HOUR) }),
  },
)

/** Every other reading is received together with the one before it, and told apart by its `seq`. */
const createReadings = () => {
  let count = 0
  return (batch: readonly Sent[], now: number): readonly Reading[] =>
    batch.map(({ device, behind, grain, ...metrics }) => {
      count += 1
      const ts = Math.floor((now - behind) / grain) * grain
      const receivedAt = START + Math.floor(count / 2)
      return readingOf(device, { ...metrics, ts, receivedAt, seq: count % 2 === 0 ? null : count })
    })
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** `areKnown`: the spools have stored something before, and the rollups know of them. */
const play = async (areKnown: boolean, steps: readonly Step[]): Promise<void> => {
  await world.reset(START)
  const rollups = world.rollups()
  if (areKnown) {
    await world.store('one', [])
    await world.store('two', [])
    await rollups.round()
  }
  const readingsOf = createReadings()
  let now = START
  let held: (() => Promise<void>) | undefined
  const end = async (): Promise<void> => {
    const goOn = held
    held = undefined
    await goOn?.()
  }
  try {
    for (const one of steps) {
      // COPYs wait for the one that is held.
      if (one.do === 'store' || one.do === 'begin' || one.do === 'round beside') await end()
      if (one.do === 'store') await world.store(one.spool, readingsOf(one.batch, now))
      else if (one.do === 'begin') held = await world.begin(one.spool, readingsOf(one.batch, now))
      else if (one.do === 'round beside') {
        held = await world.begin(one.spool, readingsOf(one.batch, now))
        now += one.ms
        await world.setClock(now)
        await rollups.round()
        expect(await world.differences()).toEqual([])
        await end()
      } else if (one.do === 'end') await end()
      else if (one.do === 'round') await rollups.round()
      else if (one.do === 'wait') {
        now += one.ms
        await world.setClock(now)
      } else {
        await world.setFailing(true)
        await rollups.round().catch(() => {})
        await world.setFailing(false)
      }
      expect(await world.differences()).toEqual([])
    }
  } finally {
    await end()
  }
  await world.setClock(now + 2 * DAY)
  await rollups.round()
  expect(await world.allDifferences()).toEqual([])
  const { rows } = await world.pool.query(`
    SELECT minute_from::text, (SELECT count(*)::int FROM rollup_marks) AS marks FROM rollup_state`)
  expect(rows).toEqual([{ minute_from: '-infinity', marks: 0 }])
}

test('minutes and hours that may be read are what the raw readings give, whatever came when', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 30 })
  await fc.assert(fc.asyncProperty(fc.boolean(), steps, play), { numRuns: Number(process.env.RUNS ?? 8) })
}, 120_000)
