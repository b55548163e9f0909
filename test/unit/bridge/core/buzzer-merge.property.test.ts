import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mergeBuzzer } from '../../../../bridge/core/buzzer-merge.ts'
import { type BuzzerInput, type BuzzerState, IDLE, stepBuzzer } from '../../../../bridge/core/buzzer-state.ts'
import type { DeviceId } from '../../../../bridge/core/reading.ts'

const deviceId = 'a' as DeviceId
const input = fc
  .record({
    type: fc.constantFrom('time', 'poll', 'request', 'complete', 'ack', 'cancel'),
    id: fc.integer({ min: 1, max: 4 }),
    now: fc.integer({ min: 1_000, max: 400_000 }),
  })
  .map(({ type, id, now }): BuzzerInput => {
    if (type === 'request') return { type, id, deviceId, now, durationMs: 250, expiresAt: now + 300_000 }
    return type === 'complete' ? { type, id, now } : ({ type, now } as BuzzerInput)
  })
/** A state that a node may be in. */
const state: fc.Arbitrary<BuzzerState> = fc
  .array(input, { maxLength: 12 })
  .map((inputs) => inputs.reduce(stepBuzzer, IDLE))

describe('what two nodes know of a buzzer', () => {
  test('comes to the same, whoever hears of the other first', () => {
    fc.assert(
      fc.property(state, state, (one, other) => {
        const [here, there] = [mergeBuzzer(one, other), mergeBuzzer(other, one)]
        expect(here.phase).toBe(there.phase)
        expect(here.request?.id).toBe(there.request?.id)
        expect(here.request?.status).toBe(there.request?.status)
      }),
    )
  })

  test('heard twice, or of itself, changes nothing', () => {
    fc.assert(
      fc.property(state, state, (one, other) => {
        expect(mergeBuzzer(one, one)).toBe(one)
        const merged = mergeBuzzer(one, other)
        expect(mergeBuzzer(merged, other)).toBe(merged)
      }),
    )
  })

  test('a request that was completed is never pending again', () => {
    fc.assert(
      fc.property(state, state, (one, other) => {
        fc.pre(one.request?.status === 'completed' && other.request?.id === one.request.id)
        expect(mergeBuzzer(other, one).request?.status).toBe('completed')
      }),
    )
  })
})
