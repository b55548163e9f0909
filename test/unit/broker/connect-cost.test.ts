import type { EventLoopUtilization } from 'node:perf_hooks'
import { describe, expect, test } from '@jest/globals'
import { createConnectCost } from '../../../broker/connect-cost.ts'

/** A cost whose clock and event loop the test moves. */
const rig = () => {
  let now = 0
  let active = 0
  const read = (current?: EventLoopUtilization, last?: EventLoopUtilization): EventLoopUtilization => {
    const from = last ?? { idle: 0, active: 0 }
    const to = current ?? { idle: now - active, active }
    const [idle, busy] = [to.idle - from.idle, to.active - from.active]
    return { idle, active: busy, utilization: busy / (idle + busy) }
  }
  const { cost } = createConnectCost(() => now, read)
  return {
    cost,
    /** Lets time pass of which the event loop was busy for this part. */
    pass: (ms: number, part: number) => {
      now += ms
      active += ms * part
    },
  }
}

describe('the cost of a CONNECT', () => {
  test('is one while the event loop has time', () => {
    const { cost, pass } = rig()
    expect(cost()).toBe(1)
    pass(200, 0.3)
    expect(cost()).toBe(1)
  })

  test('grows with what the event loop is busy, up to four', () => {
    const { cost, pass } = rig()
    pass(200, 0.5)
    expect(cost()).toBeCloseTo(2.5)
    pass(200, 0.7)
    expect(cost()).toBeCloseTo(4)
    pass(200, 1)
    expect(cost()).toBeCloseTo(4)
  })

  test('is that of the last tenth of a second, not of all time', () => {
    const { cost, pass } = rig()
    pass(10_000, 1)
    expect(cost()).toBeCloseTo(4)
    pass(50, 0)
    expect(cost()).toBeCloseTo(4)
    pass(50, 0)
    expect(cost()).toBe(1)
  })
})
