import { expect, test } from '@jest/globals'
import { createSlowdown, SLOWDOWN, type SlowdownOptions } from '../../../src/slowdown.ts'
import { createDeferred } from '../../support/deferred.ts'

const rig = (options: Partial<SlowdownOptions> = {}) => {
  const state = { now: 1_000_000, hold: Promise.resolve() }
  const waits: number[] = []
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms)
    await state.hold
  }
  return { state, waits, ...createSlowdown({ clock: () => state.now, wait }, { ...SLOWDOWN, ...options }) }
}

test('ten wrong ones of a network in a minute are answered at once, each further one later', async () => {
  const { waits, wrong, stats, state } = rig()
  for (let n = 0; n < 18; n += 1) await wrong('a')
  expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000])
  expect(wrong('b')).toBeUndefined()
  state.now += 60_000
  expect(wrong('a')).toBeUndefined()
  expect(stats()).toEqual({ atOnce: 12, late: 8, unslowed: 0 })
})

test('as many as may wait do; one more is answered at once, and counted', async () => {
  const { state, wrong, stats } = rig({ free: 0, maxWaiting: 2 })
  const { promise, resolve } = createDeferred()
  state.hold = promise
  const late = [wrong('a'), wrong('a')]
  expect(wrong('a')).toBeUndefined()
  expect(stats()).toEqual({ atOnce: 0, late: 2, unslowed: 1 })
  resolve()
  await Promise.all(late)
  expect(wrong('a')).toBeInstanceOf(Promise)
})
