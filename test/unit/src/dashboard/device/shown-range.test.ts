import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  between,
  customRange,
  DEFAULT_RANGE,
  fieldValue,
  formatViewState,
  historyQuery,
  PRESETS,
  panned,
  parseViewState,
  type ShownRange,
  spanOf,
  zoomed,
} from '../../../../../src/dashboard/device/shown-range.ts'

const NOW = 1_795_464_000_000
const HOUR = 3_600_000
const day: ShownRange = { kind: 'last', ms: 24 * HOUR }
const earlier: ShownRange = { kind: 'between', from: NOW - 4 * HOUR, to: NOW - 2 * HOUR }

const anyRange: fc.Arbitrary<ShownRange> = fc.oneof(
  fc.constantFrom(...PRESETS.map(({ ms }): ShownRange => ({ kind: 'last', ms }))),
  fc
    .tuple(fc.integer({ min: 1, max: NOW }), fc.integer({ min: 1_000, max: 1_000 * HOUR }))
    .map(([from, length]): ShownRange => ({ kind: 'between', from, to: from + length })),
)

describe('the address', () => {
  test('shows the same again, whatever metric and range are in it', () => {
    fc.assert(
      fc.property(anyRange, fc.option(fc.string({ minLength: 1 }), { nil: undefined }), (range, metric) => {
        const state = { metric, range }
        expect(parseViewState(`#/device/a${formatViewState(state)}`)).toEqual(state)
      }),
    )
  })

  test('has nothing behind it while all is as it is by itself', () => {
    expect(formatViewState({ metric: undefined, range: DEFAULT_RANGE })).toBe('')
  })

  test.each(['#/device/a', '#/device/a?range=soon', '#/device/a?from=5&to=1', '#/device/a?from=x&to=y'])(
    'shows what is shown by itself when it makes no sense: %s',
    (hash) => {
      expect(parseViewState(hash)).toEqual({ metric: undefined, range: DEFAULT_RANGE })
    },
  )
})

describe('zooming and panning', () => {
  test('a range that goes on with the clock is zoomed at its end, another at its middle', () => {
    expect(zoomed(day, 0.5, NOW)).toEqual({ kind: 'between', from: NOW - 12 * HOUR, to: NOW })
    expect(zoomed(earlier, 0.5, NOW)).toEqual({
      kind: 'between',
      from: NOW - 3.5 * HOUR,
      to: NOW - 2.5 * HOUR,
    })
  })

  test('nothing is shown that has not been yet', () => {
    fc.assert(
      fc.property(anyRange, fc.double({ min: 0.1, max: 10, noNaN: true }), (range, factor) => {
        const before = spanOf(range, NOW)
        fc.pre(before.to <= NOW)
        for (const next of [zoomed(range, factor, NOW), panned(range, factor, NOW)]) {
          const { from, to } = spanOf(next, NOW)
          expect(to).toBeLessThanOrEqual(NOW)
          expect(from).toBeLessThan(to)
        }
      }),
    )
  })

  test('panning keeps the length', () => {
    const { from, to } = spanOf(panned(earlier, -0.2, NOW), NOW)
    expect(to - from).toBe(2 * HOUR)
    expect(from).toBe(NOW - 4.4 * HOUR)
  })

  test('what goes on with the clock cannot be moved past it', () => {
    expect(panned(day, 0.2, NOW)).toBe(day)
  })

  test('what is dragged over is shown, from whichever side; a click is no drag', () => {
    expect(between(2_000, 1_000)).toEqual({ kind: 'between', from: 1_000, to: 2_000 })
    expect(between(1_000, 1_400)).toBeUndefined()
  })
})

describe('two fields of a form', () => {
  test('say what is wrong with them', () => {
    const [start, end] = [fieldValue(NOW - HOUR), fieldValue(NOW)]
    expect(customRange('', end, NOW)).toMatch(/from when/)
    expect(customRange(start, '', NOW)).toMatch(/until when/)
    expect(customRange(end, start, NOW)).toMatch(/after the beginning/)
    expect(customRange(fieldValue(NOW + HOUR), fieldValue(NOW + 2 * HOUR), NOW)).toMatch(/in the past/)
    expect(customRange('1900-01-01T00:00', end, NOW)).toMatch(/20 years/)
  })

  test('are read in local time, as they were written', () => {
    const at = Math.floor(NOW / 60_000) * 60_000
    expect(customRange(fieldValue(at - HOUR), fieldValue(at), NOW)).toEqual({
      kind: 'between',
      from: at - HOUR,
      to: at,
    })
  })
})

test('history is asked for by the clock of the server where the range goes on with it', () => {
  expect(historyQuery(day)).toEqual({ from: '-86400s', to: 'now' })
  expect(historyQuery(earlier)).toEqual({ from: String(NOW - 4 * HOUR), to: String(NOW - 2 * HOUR) })
})
