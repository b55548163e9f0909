import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeReadings } from '../../../../bridge/core/payload.ts'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { createBootClocks } from '../../../../bridge/pipeline/boot-clocks.ts'
import { anyBoard, type BoardPlan, longestSilence, MAX_DELAY_MS, received } from './board-world.ts'
import { id } from './samples.ts'

interface Placed {
  readonly reading: Reading
  /** True time. */
  readonly at: number
}

/** What the server makes of all messages of a board. */
const placedBy = (plan: BoardPlan): readonly Placed[] => {
  const clocks = createBootClocks()
  return received(plan).flatMap(({ receivedAt, samples }) => {
    const body = samples.map(({ boot, up }) => ({ boot, up }))
    const decoded = decodeReadings(body.length === 1 ? body[0] : body, {
      deviceId: id('esp32-1'),
      receivedAt,
      clocks,
    })
    if (!decoded.ok) throw new Error(decoded.rejection.detail)
    return decoded.readings.map((reading, n) => ({ reading, at: samples[n]?.at ?? 0 }))
  })
}

/** Unseen drift of a silence: what the board may have, and what it was wrongly thought to have. */
const bound = (plan: BoardPlan): number => MAX_DELAY_MS + longestSilence(plan) * 1_000e-6 + 500

test('a derived time is off by no more than a network delay and the drift of the longest silence', () => {
  fc.assert(
    fc.property(anyBoard, (plan) => {
      const worst = Math.max(...placedBy(plan).map(({ reading, at }) => Math.abs(reading.ts - at)))
      expect(worst).toBeLessThanOrEqual(bound(plan))
    }),
    { numRuns: 25 },
  )
})

test('every reading with boot and up says derived, and lies never after its receipt', () => {
  fc.assert(
    fc.property(anyBoard, (plan) => {
      const wrong = placedBy(plan).filter(
        ({ reading }) => reading.tsSource !== 'derived' || reading.ts > reading.receivedAt,
      )
      expect(wrong).toEqual([])
    }),
    { numRuns: 15 },
  )
})

test('within a boot, readings keep the order in which they were measured', () => {
  fc.assert(
    fc.property(anyBoard, (plan) => {
      const before = new Map<string | null, Placed>()
      for (const placed of placedBy(plan).toSorted((a, b) => a.at - b.at)) {
        const { boot, ts } = placed.reading
        expect(ts - (before.get(boot)?.reading.ts ?? 0)).toBeGreaterThanOrEqual(0)
        before.set(boot, placed)
      }
    }),
    { numRuns: 25 },
  )
})
