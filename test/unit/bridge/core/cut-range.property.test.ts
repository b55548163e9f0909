import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bucketStart, HOUR_MS, MINUTE_MS } from '../../../../bridge/core/bucket-width.ts'
import { type Coverage, cutRange, leastWidth, type Stretch } from '../../../../bridge/core/cut-range.ts'
import { gridOf, type Partials } from '../../../../bridge/core/range-grid.ts'

const START = Date.UTC(2026, 10, 1)
const UNIT_MS = { raw: 1, minute: MINUTE_MS, hour: HOUR_MS } as const

interface Row {
  readonly ts: number
  readonly value: number
}

const HOURS = 12
const time = fc.integer({ min: 0, max: HOURS * HOUR_MS - 1 }).map((ms) => START + ms)
const minute = fc.integer({ min: 0, max: HOURS * 60 }).map((n) => START + n * MINUTE_MS)
const rows = fc.array(fc.record({ ts: time, value: fc.integer({ min: -64, max: 64 }).map((n) => n / 8) }), {
  maxLength: 60,
})
const coverage: fc.Arbitrary<Coverage> = fc
  .tuple(fc.oneof(minute, fc.constant(Number.NEGATIVE_INFINITY)), minute, fc.integer({ min: 0, max: HOURS }))
  .map(([minuteFrom, end, hoursBehind]) => {
    const minuteTo = Math.max(Number.isFinite(minuteFrom) ? minuteFrom : START, end)
    const hourTo = bucketStart(minuteTo, HOUR_MS) - hoursBehind * HOUR_MS
    return { minuteFrom, minuteTo, hourTo, rawGone: [], minutesGone: [] }
  })
const width = fc.constantFrom(1_000, 30_000, MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS)
const asked = fc.tuple(time, time).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 }))

const one = ({ ts, value }: Row, bucket: number): Partials => ({
  bucket: [bucket],
  count: [1],
  ...{ sum: [value], min: [value], max: [value], last: [value], lastMs: [ts] },
})

/** Rows as the table of a stretch would give them: aggregated by its unit, then by bucket. */
const read = (stretch: Stretch, all: readonly Row[], widthMs: number): Partials[] =>
  all
    .filter(({ ts }) => {
      const start = bucketStart(ts, UNIT_MS[stretch.source])
      return start >= stretch.from && start < stretch.to
    })
    .map((row) => one(row, bucketStart(bucketStart(row.ts, UNIT_MS[stretch.source]), widthMs)))

const wholeAnswer = (all: readonly Row[], widthMs: number) =>
  gridOf(
    all.map((row) => one(row, bucketStart(row.ts, widthMs))),
    widthMs,
  )

const sorted = (list: readonly Row[]): readonly Row[] => list.toSorted((a, b) => a.ts - b.ts)

describe('a range cut into stretches', () => {
  test('gives the answer of the raw rows, whatever is made and marked', () => {
    fc.assert(
      fc.property(
        rows,
        coverage,
        fc.array(minute, { maxLength: 4 }),
        width,
        asked,
        (list, made, marks, w, range) => {
          const all = sorted(list)
          const marked = marks.map((mark) => bucketStart(mark, HOUR_MS))
          const stretches = cutRange(range, w, made, marked)
          const parts = stretches.flatMap((stretch) => read(stretch, all, w))
          const inRange = all.filter(({ ts }) => ts >= range.from && ts < range.to)
          expect(gridOf(parts, w)).toEqual(wholeAnswer(inRange, w))
        },
      ),
    )
  })

  test('is covered once, and minutes and hours are read only where they are made and unmarked', () => {
    fc.assert(
      fc.property(coverage, fc.array(minute, { maxLength: 4 }), width, asked, (made, marks, w, range) => {
        const marked = marks.map((mark) => bucketStart(mark, HOUR_MS))
        let at = range.from
        for (const { source, from, to } of cutRange(range, w, made, marked)) {
          expect(from).toBe(at)
          at = to
          if (source === 'raw') continue
          expect([from % UNIT_MS[source], to % UNIT_MS[source], w % UNIT_MS[source]]).toEqual([0, 0, 0])
          expect(from).toBeGreaterThanOrEqual(made.minuteFrom)
          expect(to).toBeLessThanOrEqual(source === 'hour' ? made.hourTo : made.minuteTo)
          for (const hour of marked) expect(hour + HOUR_MS <= from || hour >= to).toBe(true)
        }
        expect(at).toBe(range.to)
      }),
    )
  })

  test('of hours reads hours, then the minutes and raw rows at its ends', () => {
    const made = {
      minuteFrom: Number.NEGATIVE_INFINITY,
      minuteTo: START + 5.5 * HOUR_MS,
      hourTo: START + 5 * HOUR_MS,
    }
    const cut = cutRange(
      { from: START + 90_500, to: START + 6 * HOUR_MS },
      HOUR_MS,
      { ...made, rawGone: [], minutesGone: [] },
      [START + 2 * HOUR_MS],
    )
    expect(cut.map(({ source, from, to }) => [source, (from - START) / 1000, (to - START) / 1000])).toEqual([
      ['raw', 90.5, 120],
      ['minute', 120, 3600],
      ['hour', 3600, 7200],
      ['raw', 7200, 10_800],
      ['hour', 10_800, 18_000],
      ['minute', 18_000, 19_800],
      ['raw', 19_800, 21_600],
    ])
  })
})

describe('where raw rows were dropped', () => {
  const october = { from: Date.UTC(2026, 9, 1), to: START }
  const made = { minuteFrom: Number.NEGATIVE_INFINITY, minuteTo: START, hourTo: START, rawGone: [october] }
  const range = { from: START - 90_000, to: START + 1 }

  test('buckets are at least as wide as what is left', () => {
    const none = { ...made, minutesGone: [] }
    expect(leastWidth({ from: START, to: START + 1 }, none)).toBe(0)
    expect(leastWidth(range, none)).toBe(MINUTE_MS)
    expect(leastWidth(range, { ...made, minutesGone: [october] })).toBe(HOUR_MS)
    expect(leastWidth(range, { ...made, minutesGone: [] })).toBe(MINUTE_MS)
  })

  test('whole minutes are read, marked or not, and what came for them afterwards', () => {
    const cut = cutRange(range, MINUTE_MS, { ...made, minutesGone: [] }, [START - HOUR_MS])
    expect(cut).toEqual([
      { source: 'minute', from: START - 120_000, to: START },
      { source: 'raw', from: START - 120_000, to: START },
      { source: 'raw', from: START, to: START + 1 },
    ])
  })

  test('whole hours are read where minutes were dropped as well', () => {
    const cut = cutRange(range, HOUR_MS, { ...made, minutesGone: [october] }, [])
    expect(cut[0]).toEqual({ source: 'hour', from: START - HOUR_MS, to: START })
    expect(cut.some(({ source }) => source === 'minute')).toBe(false)
  })
})
