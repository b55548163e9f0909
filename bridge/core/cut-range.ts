/**
 * Which part of a range is read from where. The coarsest table that gives exactly what the raw rows give is taken:
 * hours when buckets are whole hours, minutes when they are whole minutes, each only where it is made and unmarked;
 * else the raw rows. The parts are apart from each other and together they are the range.
 *
 * Where the raw rows were dropped, minutes or hours are all there is. There the range goes out to whole ones, and raw
 * rows of the same are read beside them: what came after the drop and has not been added to them yet.
 */
import { HOUR_MS, MINUTE_MS } from './bucket-width.ts'
import type { RangeSource, Span } from './range.ts'
import { inward, outward, spansOf, within, without } from './spans.ts'

/** What there is to read; times in epoch ms, those of rollup_state as the table tells them. */
export interface Coverage {
  readonly minuteFrom: number
  readonly minuteTo: number
  readonly hourTo: number
  /** Months whose raw rows were dropped. */
  readonly rawGone: readonly Span[]
  /** Those of them whose minutes were dropped as well. */
  readonly minutesGone: readonly Span[]
}

export interface Stretch extends Span {
  readonly source: RangeSource
}

const from = (source: RangeSource, spans: readonly Span[]): readonly Stretch[] =>
  spans.map((span) => ({ ...span, source }))

const goneIn = (range: Span, { rawGone }: Coverage): readonly Span[] => within(spansOf(rawGone), range)
const hoursOnly = (range: Span, { minutesGone }: Coverage): readonly Span[] =>
  within(spansOf(minutesGone), range)

/** The least width of buckets that this range can be told in. */
export const leastWidth = (range: Span, coverage: Coverage): number => {
  const gone = goneIn(range, coverage)
  if (gone.length === 0) return 0
  return hoursOnly(range, coverage).length > 0 ? HOUR_MS : MINUTE_MS
}

/** What of these months is read for buckets of `widthMs`, which is at least `leastWidth`. */
export const goneOf = (range: Span, months: readonly Span[], widthMs: number): readonly Span[] =>
  outward(within(spansOf(months), range), widthMs % HOUR_MS === 0 ? HOUR_MS : MINUTE_MS)

const cutGone = (gone: readonly Span[], widthMs: number, old: readonly Span[]): readonly Stretch[] => {
  const ofHours = widthMs % HOUR_MS === 0 ? gone : old
  const hours = outward(ofHours, HOUR_MS)
  const minutes = outward(without(gone, ofHours), MINUTE_MS)
  return [...from('hour', hours), ...from('minute', minutes), ...from('raw', spansOf([...hours, ...minutes]))]
}

const cutKept = (
  kept: readonly Span[],
  widthMs: number,
  coverage: Coverage,
  marked: readonly Span[],
): readonly Stretch[] => {
  const { minuteFrom, minuteTo, hourTo } = coverage
  const made = (spans: readonly Span[], bounds: Span, unit: number): readonly Span[] =>
    widthMs % unit === 0 ? inward(without(within(spans, bounds), marked), unit) : []
  const hours = made(kept, { from: minuteFrom, to: hourTo }, HOUR_MS)
  const rest = without(kept, hours)
  const minutes = made(rest, { from: minuteFrom, to: minuteTo }, MINUTE_MS)
  return [...from('hour', hours), ...from('minute', minutes), ...from('raw', without(rest, minutes))]
}

/**
 * The parts of `range` for buckets of `widthMs`, which is at least `leastWidth`. `markedHours`: starts of the hours
 * of this device that got readings since they were made.
 */
export const cutRange = (
  range: Span,
  widthMs: number,
  coverage: Coverage,
  markedHours: readonly number[],
): readonly Stretch[] => {
  const gone = goneIn(range, coverage)
  const marked = spansOf(markedHours.map((hour) => ({ from: hour, to: hour + HOUR_MS })))
  return [
    ...cutGone(gone, widthMs, hoursOnly(range, coverage)),
    ...cutKept(without([range], gone), widthMs, coverage, marked),
  ].toSorted((a, b) => a.from - b.from)
}
