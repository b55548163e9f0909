import { describe, expect, test } from '@jest/globals'
import { decodeReadings } from '../../../../bridge/core/payload.ts'
import type { Reading } from '../../../../bridge/core/reading.ts'
import {
  BOOT_CLOCK_LIMITS,
  type BootClocks,
  createBootClocks,
} from '../../../../bridge/pipeline/boot-clocks.ts'
import { id, T0 } from '../core/samples.ts'

const HOUR = 3_600_000

const send = (clocks: BootClocks, device: string, afterMs: number, body: unknown): readonly Reading[] => {
  const decoded = decodeReadings(body, { deviceId: id(device), receivedAt: T0 + afterMs, clocks })
  if (!decoded.ok) throw new Error(decoded.rejection.detail)
  return decoded.readings
}
const timesOf = (readings: readonly Reading[]) => readings.map(({ ts }) => ts - T0)
/** True when the clocks know this boot: a second message is placed by it. */
const knows = (clocks: BootClocks, device: string, boot: string): boolean =>
  timesOf(send(clocks, device, HOUR, { boot, up: 1 }))[0] !== HOUR

describe('what is told of a device', () => {
  test('nothing while it was never heard of, nor when it says no time', () => {
    const clocks = createBootClocks()
    send(clocks, 'a', 0, { boot: 'b', temperature: 20 })
    send(clocks, 'a', 0, [{ up: 5 }, { up: 6 }])
    expect(clocks.clockOf(id('a'))).toBeUndefined()
    expect(clocks.size).toBe(0)
  })

  test('the boot heard of last, and when it began', () => {
    const clocks = createBootClocks()
    send(clocks, 'a', 0, { boot: 'b1', up: 60_000 })
    send(clocks, 'a', 5_000, { boot: 'b2', up: 2_000 })
    expect(clocks.clockOf(id('a'))).toEqual({
      boot: 'b2',
      bootedAt: T0 + 3_000,
      driftPpm: null,
      samples: 1,
      aheadMs: null,
    })
  })

  test('how far its own clock is ahead, from the newest of an array, with or without an uptime', () => {
    const clocks = createBootClocks()
    send(clocks, 'a', 0, [{ ts: T0 - 900_000 }, { ts: T0 + 7_200_000 }, { ts: T0 }])
    expect(clocks.clockOf(id('a'))).toMatchObject({ boot: null, bootedAt: null, aheadMs: 7_200_000 })
    send(clocks, 'b', 0, { ts: T0 - 1_500, boot: 'b1', up: 10_000 })
    expect(clocks.clockOf(id('b'))).toMatchObject({ boot: 'b1', bootedAt: T0 - 10_000, aheadMs: -1_500 })
  })
})

describe('bounds', () => {
  test('of a device the boots used last are known', () => {
    const clocks = createBootClocks({ ...BOOT_CLOCK_LIMITS, maxBoots: 2 })
    for (const boot of ['b1', 'b2', 'b1', 'b3']) send(clocks, 'a', 0, { boot, up: 1_000 })
    expect(knows(clocks, 'a', 'b1')).toBe(true)
    expect(knows(clocks, 'a', 'b3')).toBe(true)
    expect(knows(clocks, 'a', 'b2')).toBe(false)
  })

  test('of all devices those longest unused make room', () => {
    const clocks = createBootClocks({ ...BOOT_CLOCK_LIMITS, maxDevices: 2 })
    for (const device of ['a', 'b', 'a', 'c']) send(clocks, device, 0, { boot: 'x', up: 1_000 })
    expect(clocks.size).toBe(2)
    expect(knows(clocks, 'a', 'x')).toBe(true)
    expect(clocks.clockOf(id('b'))).toBeUndefined()
  })

  test('boots of all devices together are bounded, and the device that boots stays', () => {
    const clocks = createBootClocks({ maxDevices: 10, maxBoots: 3, maxClocks: 3 })
    for (const device of ['a', 'b']) send(clocks, device, 0, { boot: 'x', up: 1_000 })
    for (const boot of ['y', 'z']) send(clocks, 'a', 0, { boot, up: 1_000 })
    expect(clocks.size).toBe(1)
    expect(['x', 'y', 'z'].map((boot) => knows(clocks, 'a', boot))).toEqual([true, true, true])
    send(clocks, 'c', 0, { boot: 'x', up: 1_000 })
    expect(clocks.clockOf(id('a'))).toBeUndefined()
    expect(knows(clocks, 'c', 'x')).toBe(true)
  })
})

describe('after a restart', () => {
  test('the readings of before set the clocks as they were, and stay as they are', () => {
    const before = createBootClocks()
    const messages: readonly (readonly [number, unknown])[] = [
      [0, { boot: 'b', up: 9_000_000 }],
      [
        10,
        [
          { boot: 'b', up: 1_000 },
          { boot: 'b', up: 2_000 },
          { boot: 'b', ts: T0, up: 9_000_005 },
        ],
      ],
      [
        20,
        [
          { boot: 'c', up: 1_000 },
          { boot: 'c', up: 4_000_000 },
        ],
      ],
      [2_000, { boot: 'b', up: 9_001_000 }],
      [2_500, { boot: 'b', up: 9_002_450 }],
    ]
    const stored = messages.flatMap(([at, body]) => send(before, 'a', at, body))
    const copy = structuredClone(stored)
    const after = createBootClocks()
    after.take(stored)
    expect(stored).toEqual(copy)
    for (const boot of ['c', 'b']) {
      const late = { boot, up: 500_000 }
      expect(timesOf(send(after, 'a', HOUR, late))).toEqual(timesOf(send(before, 'a', HOUR, late)))
    }
    expect(after.clockOf(id('a'))?.bootedAt).toBe(before.clockOf(id('a'))?.bootedAt)
  })

  test('readings without boot or uptime set nothing', () => {
    const clocks = createBootClocks()
    clocks.take(send(clocks, 'a', 0, { temperature: 20 }))
    expect(clocks.size).toBe(0)
  })
})

describe("when the server's clock is put right", () => {
  test.each([HOUR, -HOUR, -200])('by %d ms, a backlog is placed by the new time', (ms) => {
    const clocks = createBootClocks()
    send(clocks, 'a', 0, { boot: 'b', up: 100_000 })
    send(clocks, 'a', 0, { ts: T0 })
    clocks.shift(ms)
    expect(timesOf(send(clocks, 'a', ms + 1_000, { boot: 'b', up: 40_000 }))).toEqual([ms - 60_000])
    expect(clocks.clockOf(id('a'))).toMatchObject({ bootedAt: T0 + ms - 100_000, aheadMs: -ms })
  })

  test('backwards without a word, no reading lies after its receipt', () => {
    const clocks = createBootClocks()
    send(clocks, 'a', 0, { boot: 'b', up: 100_000 })
    for (let n = 1; n < 20; n += 1) {
      const [at = 0] = timesOf(send(clocks, 'a', n * 500 - 9_000, { boot: 'b', up: 100_000 + n * 500 }))
      expect(at).toBeLessThanOrEqual(n * 500 - 9_000)
    }
    // By the new time, in which the board had booted 9 s earlier.
    expect(timesOf(send(clocks, 'a', 1_000, { boot: 'b', up: 90_000 }))[0]).toBeCloseTo(-19_000, -2)
  })
})
