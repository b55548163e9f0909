import { describe, expect, test } from '@jest/globals'
import { parseMoment } from '../../../../bridge/core/moment.ts'

const NOW = Date.UTC(2026, 10, 23, 3, 37, 12, 345)
const HOUR = 3_600_000

describe('a moment', () => {
  test.each([
    ['now', NOW],
    [' NOW ', NOW],
    ['-90s', NOW - 90_000],
    ['-15m', NOW - 15 * 60_000],
    ['-24h', NOW - 24 * HOUR],
    ['-7d', NOW - 168 * HOUR],
    ['-4w', NOW - 28 * 24 * HOUR],
    ['-1y', NOW - 365 * 24 * HOUR],
    ['now-1.5h', NOW - 1.5 * HOUR],
    ['-999y', 0],
    ['1795402879902', 1_795_402_879_902],
    ['1795402879', 1_795_402_879_000],
    ['1795402879.902', 1_795_402_879_902],
    ['0', 0],
    ['2026-11-23T00:00:00Z', Date.UTC(2026, 10, 23)],
    ['2026-11-23T00:00+01:00', Date.UTC(2026, 10, 22, 23)],
    ['2026-11-23T00:00:00.5-0330', Date.UTC(2026, 10, 23, 3, 30, 0, 500)],
  ])('reads %j', (text, expected) => {
    expect(parseMoment(text, NOW)).toBe(expected)
  })

  test('a plus of a zone that a URL made a space is a plus', () => {
    expect(parseMoment('2026-11-23T00:00:00 01:00', NOW)).toBe(Date.UTC(2026, 10, 22, 23))
    expect(parseMoment('2026-11-23 03:00:00Z', NOW)).toBe(Date.UTC(2026, 10, 23, 3))
  })

  test.each([
    '',
    'yesterday',
    '-',
    '-7',
    '-7x',
    '7d',
    '--7d',
    '-1e3d',
    '-5',
    '1e12',
    '2026-11-23',
    '2026-11-23T00:00:00',
    '2026-13-23T00:00:00Z',
    '9999999999999999',
    '253402300800000',
  ])('does not read %j', (text) => {
    expect(parseMoment(text, NOW)).toBeUndefined()
  })
})
