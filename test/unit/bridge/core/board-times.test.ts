import { describe, expect, test } from '@jest/globals'
import { decodeReadings } from '../../../../bridge/core/payload.ts'
import { MAX_DERIVED_MS } from '../../../../bridge/core/time.ts'
import { createBootClocks } from '../../../../bridge/pipeline/boot-clocks.ts'
import { id, T0 } from './samples.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WRAP = 2 ** 32
const DEVICE = id('esp32-1')

/** A server and one board: `send` gives the times after T0 and their sources. */
const server = () => {
  const clocks = createBootClocks()
  const send = (afterMs: number, body: unknown) => {
    const decoded = decodeReadings(body, { deviceId: DEVICE, receivedAt: T0 + afterMs, clocks })
    if (!decoded.ok) throw new Error(decoded.rejection.detail)
    return decoded.readings.map(({ ts, tsSource }) => [ts - T0, tsSource])
  }
  /** Live readings each `stepMs`, 20 ms on their way; what the last one gave. */
  const live = (fromMs: number, toMs: number, upAt: (ms: number) => number, stepMs = 10_000) => {
    let last: ReturnType<typeof send> = []
    for (let ms = fromMs; ms <= toMs; ms += stepMs) {
      last = send(ms + 20, { boot: 'b', up: Math.round(upAt(ms)) })
    }
    return last
  }
  return { clocks, send, live }
}

describe('a reading with boot and up', () => {
  test('is taken for live when its boot is not known', () => {
    expect(server().send(0, { boot: 'b', up: 500_000 })).toEqual([[0, 'derived']])
  })

  test('sent later is placed when it was measured, also when it comes alone', () => {
    const { send } = server()
    send(0, { boot: 'b', up: 10_000_000 })
    expect(send(5_000, { boot: 'b', up: 9_000_000 })).toEqual([[-1_000_000, 'derived']])
    expect(send(5_001, { boot: 'b', up: 4_000 })).toEqual([[-9_996_000, 'derived']])
  })

  test('is placed well when it comes first after hours without a link', () => {
    const { send, live } = server()
    live(0, HOUR, (ms) => ms)
    expect(send(7 * HOUR, { boot: 'b', up: HOUR + 10_000 })[0]?.[0]).toBeCloseTo(HOUR + 10_020, -2)
    expect(send(7 * HOUR + 50, { boot: 'b', up: 6 * HOUR })[0]?.[0]).toBeCloseTo(6 * HOUR, -2)
  })

  test('that shows a smaller delay corrects the estimate, without a turn back', () => {
    const { send } = server()
    expect(send(8_000, { boot: 'b', up: 1_000 })).toEqual([[8_000, 'derived']])
    const [first] = send(8_100, { boot: 'b', up: 8_000 })[0] ?? []
    expect(first).toBeGreaterThanOrEqual(8_000)
    expect(first).toBeLessThanOrEqual(8_100)
    expect(send(60_100, { boot: 'b', up: 60_000 })[0]?.[0]).toBeCloseTo(60_095, -1)
  })

  test('is right at once after a backlog that was taken for live', () => {
    const { send } = server()
    send(3 * HOUR, { boot: 'b', up: 10_000 })
    send(3 * HOUR + 20, { boot: 'b', up: 3 * HOUR })
    expect(send(3 * HOUR + 40, { boot: 'b', up: HOUR })[0]?.[0]).toBeCloseTo(HOUR + 15, -1)
  })

  test('keeps its own believable time', () => {
    const { send } = server()
    send(0, { boot: 'b', up: 10_000 })
    expect(send(1_000, { boot: 'b', up: 11_000, ts: T0 - 2 * HOUR })).toEqual([[-2 * HOUR, 'device']])
  })

  test.each([10, 1e9 - 1, T0 + 30 * DAY])('is derived when its own time, %d, cannot be true', (ts) => {
    const { send } = server()
    send(0, { boot: 'b', up: 10_000 })
    expect(send(5_000, { boot: 'b', up: 9_000, ts })).toEqual([[-1_000, 'derived']])
  })

  test('keeps the time of receipt when it would lie more than 30 days back', () => {
    const { send } = server()
    send(0, { boot: 'b', up: MAX_DERIVED_MS + 1_000 })
    expect(send(0, { boot: 'b', up: 1_000 })).toEqual([[-MAX_DERIVED_MS, 'derived']])
    expect(send(0, { boot: 'b', up: 999 })).toEqual([[0, 'server']])
  })

  test('of another boot is placed by that boot', () => {
    const { send } = server()
    send(0, { boot: 'a', up: 50_000_000 })
    send(60_000, { boot: 'b', up: 3_000 })
    expect(send(61_000, { boot: 'a', up: 49_990_000 })).toEqual([[-10_000, 'derived']])
    expect(send(62_000, { boot: 'b', up: 2_000 })).toEqual([[59_000, 'derived']])
  })
})

describe('without boot, or without clocks', () => {
  test('an uptime alone keeps the time of receipt', () => {
    const { send } = server()
    send(0, { up: 10_000_000 })
    expect(send(1_000, { up: 5_000 })).toEqual([[1_000, 'server']])
    expect(send(1_000, { timestamp: 5_000 })).toEqual([[1_000, 'server']])
    expect(send(1_000, { boot: 'b' })).toEqual([[1_000, 'server']])
  })

  test('a boot without clocks to remember it keeps the time of receipt', () => {
    const decoded = decodeReadings({ boot: 'b', up: 5 }, { deviceId: DEVICE, receivedAt: T0 })
    expect(decoded).toMatchObject({ readings: [{ ts: T0, tsSource: 'server' }] })
  })

  test('an array without boot is spread from its receipt', () => {
    expect(server().send(0, [{ up: 1_000 }, { up: 4_000 }])).toEqual([
      [-3_000, 'derived'],
      [0, 'derived'],
    ])
  })
})

describe('an array', () => {
  test('of an unknown boot has its greatest uptime at its receipt', () => {
    const body = [
      { boot: 'b', up: 1_000 },
      { boot: 'b', up: 9_000 },
      { boot: 'b', timestamp: 5_000 },
    ]
    expect(server().send(0, body)).toEqual([
      [-8_000, 'derived'],
      [0, 'derived'],
      [-4_000, 'derived'],
    ])
  })

  test('of a known boot is placed by it, not by its receipt, also when it holds one reading', () => {
    const { send } = server()
    send(0, { boot: 'b', up: 1_000_000 })
    const body = [
      { boot: 'b', up: 1_000 },
      { boot: 'b', up: 9_000 },
    ]
    expect(send(60_000, body)).toEqual([
      [-999_000, 'derived'],
      [-991_000, 'derived'],
    ])
    expect(send(60_000, [{ boot: 'b', up: 2_000 }])).toEqual([[-998_000, 'derived']])
  })

  test('may mix boots, readings of their own time and readings without any', () => {
    const body = [
      { boot: 'a', up: 10 },
      { up: 5 },
      { ts: T0 - 9, boot: 'b', up: 70 },
      { boot: 'b', up: 50 },
      {},
    ]
    expect(server().send(0, body)).toEqual([
      [0, 'derived'],
      [0, 'server'],
      [-9, 'device'],
      [-20, 'derived'],
      [0, 'server'],
    ])
  })

  test('that wraps on the way is in order, whether its boot is known or not', () => {
    const body = [
      { boot: 'b', up: WRAP - 1_000 },
      { boot: 'b', up: 500 },
    ]
    const expected = [
      [-1_500, 'derived'],
      [0, 'derived'],
    ]
    const { send } = server()
    expect(send(0, body)).toEqual(expected)
    const known = server()
    known.send(-2_000, { boot: 'b', up: WRAP - 1_500 })
    expect(known.send(0, body)).toEqual(expected)
  })
})

describe('an uptime that wraps at 2^32', () => {
  test('goes on, also for what was measured before and is sent after', () => {
    const { send } = server()
    send(0, { boot: 'b', up: WRAP - 5_000 })
    expect(send(10_000, { boot: 'b', up: 5_000 })).toEqual([[10_000, 'derived']])
    expect(send(10_001, { boot: 'b', up: WRAP - 60_000 })).toEqual([[-55_000, 'derived']])
    expect(send(20 * DAY, { boot: 'b', up: 6_000 })).toEqual([[11_000, 'derived']])
  })

  test('goes on for a board that runs for months, and knows when it booted', () => {
    const { clocks, live } = server()
    const last = live(0, 120 * DAY, (ms) => (ms * (1 - 30e-6)) % WRAP, HOUR / 2)
    expect(Math.abs(Number(last[0]?.[0]) - 120 * DAY)).toBeLessThan(3_000)
    expect(clocks.clockOf(DEVICE)?.driftPpm).toBeCloseTo(-30, 0)
    expect(Math.abs((clocks.clockOf(DEVICE)?.bootedAt ?? 0) - T0)).toBeLessThan(60_000)
  })

  test('of 64 bits does not wrap', () => {
    const { send } = server()
    send(0, { boot: 'b', up: WRAP + 5 * DAY })
    expect(send(1_000, { boot: 'b', up: WRAP - DAY })).toEqual([[-6 * DAY, 'derived']])
    send(15 * DAY, { boot: 'b', up: WRAP + 20 * DAY })
    expect(send(15 * DAY, { boot: 'b', up: 15 * DAY })).toEqual([[15 * DAY, 'server']])
  })
})

describe('drift', () => {
  test.each([-300, -40, 0, 40, 100, 300])('of %d ppm is followed for days, and known', (ppm) => {
    const { clocks, live, send } = server()
    const up = (ms: number): number => ms * (1 + ppm / 1e6)
    live(0, 5 * DAY, up)
    expect(clocks.clockOf(DEVICE)?.driftPpm).toBeCloseTo(ppm, -1)
    // Eight hours of silence: what is left is the drift not known by then.
    const [late] = send(5 * DAY + 8 * HOUR, { boot: 'b', up: Math.round(up(5 * DAY + 7 * HOUR)) })
    expect(Math.abs(Number(late?.[0]) - 5 * DAY - 7 * HOUR)).toBeLessThan(600)
  })

  test('is not read from a network that was slow at first', () => {
    const { send, live } = server()
    for (let ms = 0; ms < HOUR / 2; ms += 10_000) send(ms + 9_000, { boot: 'b', up: ms })
    live(HOUR / 2, 3 * HOUR, (ms) => ms)
    const [late] = send(13 * HOUR, { boot: 'b', up: 12 * HOUR })
    expect(Math.abs(Number(late?.[0]) - 12 * HOUR)).toBeLessThan(1_500)
  })

  test('is not told before an hour was watched', () => {
    const { clocks, live } = server()
    live(0, HOUR / 2, (ms) => ms * 1.0001)
    expect(clocks.clockOf(DEVICE)).toMatchObject({ boot: 'b', driftPpm: null, samples: 181 })
  })
})

describe('an uptime that is none', () => {
  test('in seconds is found out after a few readings, and then derives nothing', () => {
    const { live } = server()
    expect(live(0, 200_000, (ms) => ms / 1_000)).toEqual([[200_020, 'server']])
  })

  test('that began anew under the same boot is live again within the hour', () => {
    const { live } = server()
    live(0, 5 * HOUR, (ms) => ms)
    const [last] = live(5 * HOUR + 60_000, 6 * HOUR, (ms) => ms - 5 * HOUR)
    expect(last?.[0]).toBeCloseTo(6 * HOUR, -2)
  })

  test('resent again and again stays in its place', () => {
    const { send } = server()
    const times = Array.from({ length: 30 }, (_, n) => send(n * 10_000, { boot: 'b', up: 777 }))
    expect(new Set(times.flat().map(String))).toEqual(new Set(['0,derived']))
  })
})
