import { describe, expect, test } from '@jest/globals'
import type { Fault, FaultKind } from '../../oracle/fault.ts'
import { CALM_MS, createSchedule, describeSchedule, LONG_MS, lengthOf } from '../../oracle/schedule.ts'

const fault = (name: string, kind: FaultKind, lastsMs: number): Fault => ({
  name,
  kind,
  lastsMs,
  mayLose: false,
  run: async () => {},
})

const FAULTS = [
  fault('kill-a', 'kill', 2_000),
  fault('kill-b', 'kill', 3_000),
  fault('kill-c', 'kill', 3_000),
  fault('kill-d', 'kill', 3_000),
  fault('away', 'redis', 1_000),
  fault('cut', 'link', 2_000),
  fault('long-outage', 'postgres', 60_000),
]

const namesOf = (seed: number, lengthMs: number, faults: readonly Fault[] = FAULTS): readonly string[] =>
  createSchedule({ seed, lengthMs, faults }).steps.map((step) => step.fault.name)

const seeds = Array.from({ length: 50 }, (_, index) => index * 7_919)

describe('a schedule', () => {
  test('is the same for the same seed, down to what chance decides in a fault', () => {
    const again = () => createSchedule({ seed: 42, lengthMs: 30_000, faults: FAULTS })
    expect(again()).toEqual(again())
    expect(describeSchedule(again())).toBe(describeSchedule(again()))
  })

  test('differs from seed to seed', () => {
    expect(new Set(seeds.map((seed) => namesOf(seed, 30_000).join())).size).toBeGreaterThan(25)
  })

  test('leaves each fault its time, calm after it, and ends in its length', () => {
    for (const seed of seeds) {
      const { steps } = createSchedule({ seed, lengthMs: 30_000, faults: FAULTS })
      steps.forEach(({ atMs, fault: { lastsMs } }, index) => {
        const endsAt = atMs + lastsMs
        expect(endsAt).toBeLessThanOrEqual(30_000)
        expect(steps[index + 1]?.atMs ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(
          endsAt + CALM_MS.least,
        )
      })
    }
  })

  test('goes through every kind before it takes one again', () => {
    for (const seed of seeds) {
      const { steps } = createSchedule({ seed, lengthMs: 30_000, faults: FAULTS })
      expect(new Set(steps.slice(0, 3).map((step) => step.fault.kind))).toEqual(
        new Set(['kill', 'redis', 'link']),
      )
    }
  })

  test('holds one fault at least, the shortest when none fits', () => {
    expect(namesOf(1, 100)).toEqual(['away'])
  })

  test('begins with a long fault when it is long enough for one, and has no other', () => {
    expect(namesOf(3, 90_000)[0]).toBe('long-outage')
    expect(namesOf(3, 90_000).filter((name) => name === 'long-outage')).toHaveLength(1)
    expect(namesOf(3, 40_000)).not.toContain('long-outage')
  })

  test('cannot be made without faults', () => {
    expect(() => createSchedule({ seed: 1, lengthMs: 1_000, faults: [] })).toThrow('no fault')
  })
})

describe('the length of a schedule', () => {
  test('follows from its seed', () => {
    expect(seeds.map((seed) => lengthOf(seed, FAULTS))).toEqual(seeds.map((seed) => lengthOf(seed, FAULTS)))
  })

  test('is 15 to 40 s, and now and then long enough for the longest fault', () => {
    const lengths = Array.from({ length: 500 }, (_, seed) => lengthOf(seed, FAULTS))
    const long = lengths.filter((length) => length > 40_000)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(15_000)
    expect(long.every((length) => length > 60_000 + CALM_MS.most)).toBe(true)
    expect(long.length).toBeGreaterThan(10)
    expect(long.length).toBeLessThan(100)
  })

  test('is never long when no fault is', () => {
    const short = FAULTS.filter(({ lastsMs }) => lastsMs < LONG_MS)
    const lengths = Array.from({ length: 200 }, (_, seed) => lengthOf(seed, short))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(40_000)
  })
})
