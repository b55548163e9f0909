import { expect, test } from '@jest/globals'
import { createLimiter } from '../../../../../src/facade/http/limiter.ts'

const rig = (maxKeys = 10) => {
  const time = { now: 1_000_000 }
  return { time, ...createLimiter(() => time.now, { max: 2, windowMs: 60_000, maxKeys }) }
}

test('what is over the limit is told so, with what is left of the window', () => {
  const { take, time } = rig()
  expect(take('a')).toEqual({ exceeded: false, remaining: 1, resetS: 60 })
  time.now += 30_500
  expect(take('a')).toEqual({ exceeded: false, remaining: 0, resetS: 30 })
  expect(take('a')).toEqual({ exceeded: true, remaining: 0, resetS: 30 })
})

test('asking on does not make the window longer', () => {
  const { take, time } = rig()
  for (let i = 0; i < 59; i++) {
    take('a')
    time.now += 1_000
  }
  expect(take('a')).toEqual({ exceeded: true, remaining: 0, resetS: 1 })
  time.now += 1_000
  expect(take('a')).toEqual({ exceeded: false, remaining: 1, resetS: 60 })
})

test('a clock that is set back punishes nobody', () => {
  const { take, time } = rig()
  for (let i = 0; i < 3; i++) take('a')
  time.now -= 3_600_000
  expect(take('a')).toEqual({ exceeded: false, remaining: 1, resetS: 60 })
})

test('keys are bounded: the one unused for longest is forgiven', () => {
  const { take } = rig(2)
  for (let i = 0; i < 3; i++) take('a')
  for (let i = 0; i < 3; i++) take('b')
  take('c')
  expect(take('b').exceeded).toBe(true)
  expect(take('a')).toMatchObject({ exceeded: false, remaining: 1 })
})

test('what another node has taken counts as well', () => {
  const { take, add } = createLimiter(() => 0, { max: 2, windowMs: 60_000, maxKeys: 10 })
  add('a', 2)
  expect(take('a').exceeded).toBe(true)
  expect(take('b').exceeded).toBe(false)
})
