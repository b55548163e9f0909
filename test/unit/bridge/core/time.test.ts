import { describe, expect, test } from '@jest/globals'
import { decodeReadings } from '../../../../bridge/core/payload.ts'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { MAX_AHEAD_MS, MAX_DERIVED_MS } from '../../../../bridge/core/time.ts'
import { id, T0 } from './samples.ts'

const DEVICE = T0 - 5_000
const context = { deviceId: id('esp32-1'), receivedAt: T0 }

const readings = (body: unknown): readonly Reading[] => {
  const decoded = decodeReadings(body, context)
  if (!decoded.ok) throw new Error(decoded.rejection.detail)
  return decoded.readings
}
const timeOf = (body: object) => {
  const [reading] = readings(body)
  return [reading?.ts, reading?.tsSource, reading?.uptimeMs]
}

describe('the time of one reading', () => {
  test.each([
    ['nothing said', {}, [T0, 'server', null]],
    ['null', { timestamp: null, ts: null, up: null }, [T0, 'server', null]],
    ['timestamp as epoch ms', { timestamp: DEVICE }, [DEVICE, 'device', null]],
    ['timestamp as text', { timestamp: String(DEVICE) }, [DEVICE, 'device', null]],
    ['timestamp under 1e12 is uptime', { timestamp: 12_345 }, [T0, 'server', 12_345]],
    ['timestamp is never seconds', { timestamp: 1_700_000_000 }, [T0, 'server', 1_700_000_000]],
    ['the greatest uptime', { timestamp: 1e12 - 1 }, [T0, 'server', 1e12 - 1]],
    ['the earliest time', { timestamp: 1e12 }, [1e12, 'device', null]],
    ['timestamp 0', { timestamp: 0 }, [T0, 'server', null]],
    ['timestamp negative', { timestamp: -5 }, [T0, 'server', null]],
    ['fractions are rounded', { timestamp: DEVICE + 0.6 }, [DEVICE + 1, 'device', null]],
    ['ts as epoch ms', { ts: DEVICE }, [DEVICE, 'device', null]],
    ['ts as epoch seconds', { ts: 1_700_000_000 }, [1_700_000_000_000, 'device', null]],
    ['ts as seconds with fractions', { ts: 1_700_000_000.1234 }, [1_700_000_000_123, 'device', null]],
    ['ts as numeric text', { ts: '1700000000' }, [1_700_000_000_000, 'device', null]],
    ['ts too small for a time', { ts: 86_400 }, [T0, 'server', null]],
    ['1970 as seconds', { ts: 1e9 - 1 }, [T0, 'server', null]],
    ['a day ahead', { ts: T0 + MAX_AHEAD_MS }, [T0 + MAX_AHEAD_MS, 'device', null]],
    ['more than a day ahead', { ts: T0 + MAX_AHEAD_MS + 1 }, [T0, 'server', null]],
    ['timestamp far ahead', { timestamp: 1e300 }, [T0, 'server', null]],
    ['ts wins over timestamp', { ts: DEVICE, timestamp: DEVICE - 1 }, [DEVICE, 'device', null]],
    ['in any order of keys', { timestamp: DEVICE - 1, ts: DEVICE }, [DEVICE, 'device', null]],
    ['timestamp when ts is not believed', { timestamp: DEVICE, ts: 5 }, [DEVICE, 'device', null]],
    ['up is uptime', { up: 1234.5 }, [T0, 'server', 1235]],
    ['up 0: just booted', { up: 0 }, [T0, 'server', 0]],
    ['up negative', { up: -1 }, [T0, 'server', null]],
    ['up without end', { up: 1e300 }, [T0, 'server', null]],
    ['up beside a time', { up: 7, ts: DEVICE }, [DEVICE, 'device', 7]],
    ['up wins over timestamp', { up: 7, timestamp: 9 }, [T0, 'server', 7]],
    ['in any order of keys', { timestamp: 9, up: 7 }, [T0, 'server', 7]],
  ])('%s', (_, body, expected) => {
    expect(timeOf(body)).toEqual(expected)
  })

  test.each([
    ['2023-11-14T22:13:20Z', 1_700_000_000_000],
    ['2023-11-14T22:13:20.123Z', 1_700_000_000_123],
    ['2023-11-14T22:13:20,123456Z', 1_700_000_000_123],
    ['2023-11-14 22:13:20z', 1_700_000_000_000],
    ['2023-11-15T00:13:20+02:00', 1_700_000_000_000],
    ['2023-11-14T17:43:20-0430', 1_700_000_000_000],
    ['2023-11-14T23:13:20+01', 1_700_000_000_000],
    ['2023-11-14T22:13Z', 1_699_999_980_000],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
  ])('%s is a time', (ts, expected) => {
    expect(timeOf({ ts })).toEqual([expected, 'device', null])
  })

  test.each([
    '2023-11-14T22:13:20',
    '2023-11-14',
    '2023-11-14Z',
    '1970-01-01T00:00:10Z',
    '2999-01-01T00:00:00Z',
  ])('%s is not believed', (ts) => {
    expect(timeOf({ ts })).toEqual([T0, 'server', null])
  })

  test.each([
    { ts: 'yesterday' },
    { ts: '' },
    { ts: true },
    { ts: {} },
    { ts: '2023-13-14T22:13:20Z' },
    { ts: '2023-02-29T00:00:00Z' },
    { ts: '2023-11-14T24:00:00Z' },
    { ts: `2023-11-14T22:13:20${' '.repeat(10_000)}` },
    { timestamp: '2023-11-14T22:13:20Z' },
    { timestamp: false },
    { timestamp: Number.POSITIVE_INFINITY },
    { up: 'long' },
    { up: [] },
  ])('%j is a bad value', (body) => {
    expect(decodeReadings(body, context)).toMatchObject({ ok: false, rejection: { reason: 'bad-value' } })
  })
})

describe('the times of a backfill message', () => {
  const times = (body: readonly object[]) => readings(body).map(({ ts, tsSource }) => [ts - T0, tsSource])

  test('the greatest uptime is the time of receipt, the others lie before it', () => {
    expect(times([{ up: 1_000 }, { timestamp: 4_000 }, { up: 2_500 }])).toEqual([
      [-3_000, 'derived'],
      [0, 'derived'],
      [-1_500, 'derived'],
    ])
  })

  test('one uptime alone derives nothing', () => {
    expect(times([{ up: 1_000 }, {}])).toEqual([
      [0, 'server'],
      [0, 'server'],
    ])
  })

  test('each boot has its own uptime', () => {
    expect(
      times([
        { boot: 'a', up: 9_000 },
        { boot: 'a', up: 9_500 },
        { boot: 'b', up: 100 },
      ]),
    ).toEqual([
      [-500, 'derived'],
      [0, 'derived'],
      [0, 'server'],
    ])
  })

  test('a believed time of its own is left alone', () => {
    expect(times([{ ts: DEVICE, up: 99_000 }, { up: 1_000 }, { up: 2_000 }])).toEqual([
      [-5_000, 'device'],
      [-1_000, 'derived'],
      [0, 'derived'],
    ])
  })

  test('more than 30 days back is not believed', () => {
    const up = 2 ** 32
    expect(times([{ up: up - MAX_DERIVED_MS - 1 }, { up: up - MAX_DERIVED_MS }, { up }])).toEqual([
      [0, 'server'],
      [-MAX_DERIVED_MS, 'derived'],
      [0, 'derived'],
    ])
  })
})
