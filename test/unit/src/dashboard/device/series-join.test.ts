import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { HistorySeries } from '../../../../../src/dashboard/device/device-answer.ts'
import {
  joinedLine,
  type Line,
  type LiveValue,
  lineOf,
  openBucketOf,
  watermarkOf,
  withTail,
} from '../../../../../src/dashboard/device/series-join.ts'

const metric = 'temperature'

const rowsOf = (values: readonly LiveValue[]): HistorySeries => ({
  metric,
  gapMs: 1_000,
  bucketMs: null,
  t: values.map(({ t }) => t),
  value: values.map(({ value }) => value),
})

/** As the server makes them: every bucket from the first to the last that holds something. */
const bucketsOf = (values: readonly LiveValue[], bucketMs: number): HistorySeries => {
  const startOf = ({ t }: LiveValue): number => Math.floor(t / bucketMs) * bucketMs
  const first = startOf(values[0] ?? { t: 0, value: 0 })
  const last = startOf(values.at(-1) ?? { t: -bucketMs, value: 0 })
  const t = Array.from({ length: Math.max(0, (last - first) / bucketMs + 1) }, (_, i) => first + i * bucketMs)
  const held = t.map((start) => values.filter((one) => startOf(one) === start).map(({ value }) => value))
  const of = (make: (held: readonly number[]) => number) =>
    held.map((one) => (one.length === 0 ? null : make(one)))
  return {
    metric,
    gapMs: bucketMs * 1.5,
    bucketMs,
    t,
    count: held.map(({ length }) => length),
    min: of((one) => Math.min(...one)),
    max: of((one) => Math.max(...one)),
    avg: of((one) => one.reduce((sum, value) => sum + value, 0) / one.length),
    last: of((one) => one.at(-1) ?? Number.NaN),
  }
}

/** A stream of readings: strictly later each. */
const stream = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let t = 1_700_000_000_000
    return steps.map(([step, value]): LiveValue => {
      t += step
      return { t, value }
    })
  })

/** How many of it an answer holds, and from which on they were heard live: no later than the answer ends. */
const split = stream.chain((values) =>
  fc
    .tuple(fc.nat(values.length), fc.nat(values.length))
    .map(([a, b]) => ({ values, stored: Math.max(a, b), heard: Math.min(a, b) })),
)

const WIDTH = 3_000

describe('history joined with live values', () => {
  test('gives each value once and in order, wherever the stream is split and however much is in both', () => {
    fc.assert(
      fc.property(split, ({ values, stored, heard }) => {
        const line = lineOf(rowsOf(values.slice(0, stored)), Number.MAX_SAFE_INTEGER)
        const joined = joinedLine(line, values.slice(heard), watermarkOf([line]))
        expect(joined.cells.map(({ t, last }) => ({ t, value: last }))).toEqual(values)
      }),
    )
  })

  test('in buckets comes to what one answer about all of it would', () => {
    fc.assert(
      fc.property(split, ({ values, stored, heard }) => {
        const known = values.slice(0, stored)
        const to = (known.at(-1)?.t ?? 0) + 1
        const line = lineOf(bucketsOf(known, WIDTH), to)
        const cut = openBucketOf(line, to) ?? to
        const fine = lineOf(rowsOf(known.filter(({ t }) => t >= cut)), to)
        const whole = withTail(line, fine, cut)
        const joined = joinedLine(whole, values.slice(heard), watermarkOf([whole]))
        const expected = lineOf(bucketsOf(values, WIDTH), Number.MAX_SAFE_INTEGER)
        expect(joined.cells.map(({ t, count, min, max, last }) => ({ t, count, min, max, last }))).toEqual(
          expected.cells.map(({ t, count, min, max, last }) => ({ t, count, min, max, last })),
        )
        for (const [i, cell] of joined.cells.entries())
          expect(cell.avg).toBeCloseTo(expected.cells[i]?.avg ?? Number.NaN, 9)
      }),
    )
  })

  test('without an answer is what was heard', () => {
    const live = [
      { t: 1_000, value: 1 },
      { t: 2_000, value: 2 },
    ]
    expect(joinedLine(undefined, live, Number.NEGATIVE_INFINITY).cells.map(({ t }) => t)).toEqual([
      1_000, 2_000,
    ])
  })

  test('has no gap between values that come as far apart live as they always did', () => {
    const one: Line = lineOf(rowsOf([{ t: 0, value: 1 }]), 1)
    const live = [60_000, 120_000, 180_000].map((t) => ({ t, value: 1 }))
    expect(joinedLine(one, live, 0).gapMs).toBeGreaterThan(60_000)
  })

  test('leaves out buckets that hold nothing', () => {
    const line = lineOf(
      bucketsOf(
        [
          { t: 0, value: 1 },
          { t: 10 * WIDTH, value: 2 },
        ],
        WIDTH,
      ),
      11 * WIDTH,
    )
    expect(line.cells.map(({ t }) => t)).toEqual([0, 10 * WIDTH])
  })

  test('takes what is heard of another metric for a sign that the answer holds all before', () => {
    const other = lineOf(rowsOf([{ t: 9_000, value: 1 }]), 10_000)
    const mine = lineOf(rowsOf([{ t: 5_000, value: 1 }]), 10_000)
    // Repeated with the other's readings, as latest values are.
    const live = [
      { t: 9_000, value: 1 },
      { t: 11_000, value: 3 },
    ]
    const joined = joinedLine(mine, live, watermarkOf([mine, other]))
    expect(joined.cells.map(({ t }) => t)).toEqual([5_000, 11_000])
  })
})
