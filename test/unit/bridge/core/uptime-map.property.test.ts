import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ask,
  follow,
  MAX_BEND_MS,
  newUptimeMap,
  offsetOn,
  timeAt,
} from '../../../../bridge/core/uptime-map.ts'

const anyStep = fc.record({
  up: fc.nat(60_000),
  offset: fc.option(fc.nat(MAX_BEND_MS / 2)),
  ppm: fc.integer({ min: -500, max: 500 }),
  laterMs: fc.oneof(fc.constant(0), fc.nat(3_000)),
})
// A map keeps 16 bends, and a step makes three at most.
const steps = fc
  .array(anyStep, { minLength: 1, maxLength: 25 })
  .filter((all) => all.filter(({ offset }) => offset !== null).length <= 5)

type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never

/** Uptimes asked in any order, the estimate changing between; never before the receipt of the one before. */
const answers = (all: Steps) => {
  let line = { up: 0, offset: 0, drift: 0 }
  let latest = 0
  const map = newUptimeMap(line)
  return all.map(({ up, offset, ppm, laterMs }) => {
    if (offset !== null) {
      line = { up, offset, drift: ppm * 1e-6 }
      follow(map, line)
    }
    // A line never lies above a receipt.
    latest = Math.max(latest, Math.ceil(up + offsetOn(line, up))) + laterMs
    return { up, time: ask(map, line, up, latest), latest, map, line }
  })
}

test('a greater uptime is never placed before a smaller one, whatever the order and the estimates', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const placed = answers(all).toSorted((a, b) => a.up - b.up)
      for (const [n, { up, time }] of placed.entries()) {
        const next = placed[n + 1]
        if (next !== undefined && next.up > up) expect(next.time).toBeGreaterThanOrEqual(time)
      }
    }),
    { numRuns: 5_000 },
  )
})

test('no time lies after the receipt, nor has fractions', () => {
  fc.assert(
    fc.property(steps, (all) => {
      for (const { time, latest } of answers(all)) {
        expect(time).toBeLessThanOrEqual(latest)
        expect(Number.isInteger(time)).toBe(true)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('ahead of what was answered the map meets the line, and goes on along it', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { map, line } = answers(all).at(-1) ?? {
        map: newUptimeMap({ up: 0, offset: 0, drift: 0 }),
        line: undefined,
      }
      if (line === undefined) return
      const far = map.asked + 4 * MAX_BEND_MS
      for (const up of [far, far + 1_000_000]) {
        expect(Math.abs(timeAt(map, up) - up - offsetOn(line, up))).toBeLessThan(2)
      }
    }),
  )
})
