import { describe, expect, test } from '@jest/globals'
import {
  createLoginBrake,
  LOGIN_BRAKE,
  type LoginAttempt,
} from '../../../../../src/facade/http/login-brake.ts'

const createRig = (options: Partial<typeof LOGIN_BRAKE> = {}) => {
  const time = { now: 1_000_000 }
  const waits: number[] = []
  const wait = async (ms: number): Promise<void> => void waits.push(ms)
  const brake = createLoginBrake({ clock: () => time.now, wait }, { ...LOGIN_BRAKE, maxWrong: 3, ...options })
  const begin = (address = 'a'): LoginAttempt => {
    const attempt = brake.begin(address)
    if (typeof attempt === 'number') throw new Error(`braked for ${attempt} s`)
    return attempt
  }
  return { time, waits, brake, begin }
}

describe('logins of one address', () => {
  test('that are wrong are answered later and later', async () => {
    const { begin, waits } = createRig({ maxWrong: 10, slowMs: 50, slowestMs: 300 })
    for (let wrong = 0; wrong < 5; wrong += 1) await begin().slow()
    expect(waits).toEqual([50, 100, 200, 300, 300])
  })

  test('after some wrong ones are not checked until the minute is over', () => {
    const { begin, brake, time } = createRig()
    for (let wrong = 0; wrong < 3; wrong += 1) begin()
    time.now += 20_500
    expect(brake.begin('a')).toBe(40)
    time.now += 39_500
    expect(brake.begin('a')).toMatchObject({})
  })

  test('get no further many at a time than one by one', () => {
    const { begin, brake } = createRig()
    const underWay = [begin(), begin(), begin()]
    expect(brake.begin('a')).toBe(60)
    underWay[0]?.forgive()
    expect(brake.begin('a')).toMatchObject({})
  })

  test('that are right are forgiven, however many', () => {
    const { begin } = createRig()
    for (let right = 0; right < 100; right += 1) begin().forgive()
    expect(begin()).toMatchObject({})
  })

  test('cost no other address anything', () => {
    const { begin, brake } = createRig()
    for (let wrong = 0; wrong < 3; wrong += 1) begin('a')
    expect(brake.begin('b')).toMatchObject({})
  })

  test('begin anew when the clock was set back', () => {
    const { begin, brake, time } = createRig()
    for (let wrong = 0; wrong < 3; wrong += 1) begin()
    time.now -= 5_000
    expect(brake.begin('a')).toMatchObject({})
  })
})

test('no more answers wait at a time than may', async () => {
  const waiting: (() => void)[] = []
  const wait = (): Promise<void> => new Promise((resolve) => waiting.push(resolve))
  const brake = createLoginBrake({ clock: () => 0, wait }, { ...LOGIN_BRAKE, maxSlowed: 1 })
  const attempt = (address: string): LoginAttempt => brake.begin(address) as LoginAttempt
  const first = attempt('a').slow()
  await attempt('b').slow()
  expect(waiting).toHaveLength(1)
  waiting[0]?.()
  await first
})
