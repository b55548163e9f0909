import { expect, test } from '@jest/globals'
import { createOutage } from '../../../../bridge/pipeline/outage.ts'

const POLICY = { minDelayMs: 100, maxDelayMs: 5_000 }

test('a store that is away is asked again when its delay has passed, and is told of once', () => {
  let now = 1_000_000
  const outage = createOutage(
    () => now,
    () => 0,
    POLICY,
  )
  expect(outage.due()).toBe(true)
  expect([outage.failed(), outage.failed()]).toEqual([true, false])
  expect([outage.due(), outage.active]).toEqual([false, true])
  now += 100
  expect(outage.due()).toBe(true)
  expect([outage.succeeded(), outage.succeeded(), outage.active]).toEqual([true, false, false])
})

test('a clock that is set back during an outage does not leave the store unasked for as long', () => {
  let now = 1_000_000_000
  const outage = createOutage(
    () => now,
    () => 0,
    POLICY,
  )
  outage.failed()
  now -= 86_400_000
  expect(outage.due()).toBe(true)
  outage.failed()
  expect(outage.due()).toBe(false)
})
