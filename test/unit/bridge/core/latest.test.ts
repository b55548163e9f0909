import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isNewer, type Latest, mergeLatest, mergeReading } from '../../../../bridge/core/latest.ts'
import { readingOf, T0 } from './samples.ts'

const at = (ts: number, receivedAt = ts) => ({ ts: T0 + ts, receivedAt: T0 + receivedAt })
const merged = (...readings: readonly Parameters<typeof readingOf>[0][]): Latest => {
  let latest: Latest | undefined
  for (const fields of readings) latest = mergeReading(latest, readingOf(fields))
  if (latest === undefined) throw new Error('no reading')
  return latest
}

describe('newest wins', () => {
  test.each([
    ['a later time', at(1, 0), true],
    ['an earlier time', at(-1, 5), false],
    ['the same time, received later', at(0, 1), true],
    ['the same time, received earlier', at(0, -1), false],
    ['the same time and receipt: the second', at(0, 0), true],
  ])('%s', (_, candidate, expected) => {
    expect(isNewer(at(0, 0), candidate)).toBe(expected)
  })
})

describe('merging readings', () => {
  test('a newer reading replaces what it holds and leaves the rest', () => {
    const latest = merged(
      { ...at(0), temperature: 20, humidity: 40, custom: { a: 1 } },
      { ...at(1), temperature: 21 },
    )
    expect(latest).toEqual({
      deviceId: 'esp32-1',
      ...at(1),
      values: { temperature: 21, humidity: 40 },
      custom: { a: 1 },
    })
  })

  test('a reading older than the known one changes nothing', () => {
    const known = merged({ ...at(5), temperature: 20 })
    expect(mergeReading(known, readingOf({ ...at(4, 9), temperature: 1, humidity: 1 }))).toBe(known)
  })

  test('zero is a value and null is none', () => {
    expect(merged({ ...at(0), distance: 5 }, { ...at(1), distance: 0 }).values).toEqual({ distance: 0 })
    expect(merged({ ...at(0), distance: 5 }, { ...at(1), distance: null }).values).toEqual({ distance: 5 })
  })

  test('the newest of whole readings is the latest, in whatever order they come', () => {
    const times = fc.uniqueArray(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(times, (all) => {
        const newest = Math.max(...all)
        const latest = merged(...all.map((ts) => ({ ...at(ts), temperature: ts, custom: { ts } })))
        expect(latest).toEqual({
          deviceId: 'esp32-1',
          ...at(newest),
          values: { temperature: newest },
          custom: { ts: newest },
        })
      }),
    )
  })
})

describe('merging latest values', () => {
  test('what only the older one holds is kept, whichever comes first', () => {
    const older = merged({ ...at(0), temperature: 20, humidity: 40, custom: { a: 1 } })
    const newer = merged({ ...at(1), temperature: 21 })
    const both = {
      deviceId: 'esp32-1',
      ...at(1),
      values: { temperature: 21, humidity: 40 },
      custom: { a: 1 },
    }
    expect(mergeLatest(older, newer)).toEqual(both)
    expect(mergeLatest(newer, older)).toEqual(both)
    expect(mergeLatest(undefined, older)).toBe(older)
  })

  test('of two with distinct times the order does not matter', () => {
    const values = fc.record({ temperature: fc.integer(), humidity: fc.integer() }, { requiredKeys: [] })
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 1e6 }), (first, second, apart) => {
        const one = merged({ ...at(0), ...first })
        const two = merged({ ...at(apart), ...second })
        expect(mergeLatest(one, two)).toEqual(mergeLatest(two, one))
      }),
    )
  })
})
