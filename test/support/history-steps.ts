/** What can happen to a history: readings of any time, rounds, waits, replays of dead letters, and questions. */
import fc from 'fast-check'
import type { RangeQuery } from '../../bridge/core/range.ts'
import type { Reading } from '../../bridge/core/reading.ts'
import { id, readingOf } from '../contracts/sink-rows.ts'

export const START = Date.UTC(2026, 10, 23, 11, 58, 30)
const SECOND = 1_000
const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Times that questions and readings have in common: now, around the ends of hours and months, and months that are dropped. */
const PLACES = [
  START,
  START - 61 * SECOND,
  Date.UTC(2026, 10, 23, 9),
  Date.UTC(2026, 9, 31, 23, 58),
  Date.UTC(2026, 8, 12, 6, 30),
  Date.UTC(2026, 6, 31, 23, 30),
  Date.UTC(2026, 6, 9, 5, 10),
  Date.UTC(2026, 2, 31, 23, 40),
]

const quarter = fc.integer({ min: -40, max: 40 }).map((n) => n / 4)
const near = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -60, max: 60 }).map((n) => n * SECOND) },
  { weight: 2, arbitrary: fc.integer({ min: -45 * MINUTE, max: 45 * MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: -30 * HOUR, max: 30 * HOUR }) },
)
const grain = fc.constantFrom(1, 250, MINUTE, HOUR)

const sent = fc.record({
  device: fc.constantFrom('a', 'b', `it's \\`),
  /** Null: now. */
  place: fc.oneof(fc.constant(null), fc.constantFrom(...PLACES)),
  offset: near,
  grain,
  temperature: fc.option(quarter, { freq: 3 }),
  lightLevel: fc.option(fc.nat(4095), { freq: 2 }),
  custom: fc.option(
    fc.dictionary(
      fc.constantFrom('x', 'é', '__proto__', 'lightLevel', 'l'.repeat(201)),
      fc.oneof(quarter, fc.constantFrom('text', true, null, 1e300)),
      { maxKeys: 3 },
    ),
    { freq: 2 },
  ),
})
export type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never

/** Received one after the other; some have a boot and a number. */
export const createReadings = () => {
  let count = 0
  return (batch: readonly Sent[], now: number): readonly Reading[] =>
    batch.map(({ device, place, offset, grain, ...metrics }) => {
      count += 1
      const time = place === null ? now - Math.abs(offset) / 8 : place + offset
      const numbered = count % 3 === 0 ? { boot: 'b', seq: count } : {}
      const ts = Math.floor(time / grain) * grain
      return readingOf(device, { ...metrics, ...numbered, ts, receivedAt: START + count })
    })
}

const edge = fc
  .tuple(fc.constantFrom(...PLACES, START + DAY), near, grain)
  .map(([place, offset, unit]) => Math.floor((place + offset) / unit) * unit)

const query = fc.record({
  edges: fc.tuple(edge, edge),
  points: fc.constantFrom(1, 2, 5, 40, 200),
  metrics: fc.option(
    fc.uniqueArray(fc.constantFrom('temperature', 'lightLevel', 'x', 'é', 'none'), { minLength: 1 }),
    { nil: undefined },
  ),
  devices: fc.constantFrom(['a'], ['b', 'a'], ['a', `it's \\`, 'b']),
})

const questionOf = ({ edges, devices, ...rest }: typeof query extends fc.Arbitrary<infer T> ? T : never) => ({
  ...rest,
  deviceIds: devices.map(id),
  from: Math.min(...edges),
  to: Math.max(...edges) + 1,
})

const question: fc.Arbitrary<RangeQuery> = query.map(questionOf)

/** From one whole hour to another: it makes no difference whether a month is dropped yet. */
const wholeHours: fc.Arbitrary<RangeQuery> = query.map(questionOf).map((asked) => ({
  ...asked,
  from: Math.floor(asked.from / HOUR) * HOUR,
  to: Math.ceil(asked.to / HOUR) * HOUR,
}))

const spool = fc.constantFrom('one', 'two')
const batch = fc.array(sent, { minLength: 1, maxLength: 12 })
/** Of months that are dropped. */
const old = fc.array(
  fc.tuple(sent, fc.constantFrom(...PLACES.slice(-3))).map(([one, place]) => ({ ...one, place })),
  { minLength: 3, maxLength: 8 },
)
const asked = fc.array(question, { minLength: 1, maxLength: 3 })
const ms = fc.constantFrom(5 * SECOND, 61 * SECOND, 20 * MINUTE, 2 * HOUR, 2 * DAY)

export const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('store' as const), spool, batch, asked }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replay' as const), batch, asked }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('round' as const), asked }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('failing round' as const), asked }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('stuck round' as const), spool, batch: old, asked }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms, asked }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constant(40 * DAY), asked }) },
  // A batch under way that nobody sees, while the clock goes on, a round is made and somebody asks.
  { weight: 3, arbitrary: fc.record({ do: fc.constant('beside' as const), spool, batch, ms, asked }) },
  // All at the same moment.
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('together' as const), spool, batch },
      asked: fc.array(wholeHours, { minLength: 2, maxLength: 6 }),
    }),
  },
)
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
