import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Identity } from '../../../../bridge/index.ts'
import { createVisits } from '../../../../src/facade/visits.ts'

const user = (name: string, expiresAt?: number): Identity => ({
  role: 'dashboard',
  name,
  ...(expiresAt === undefined ? {} : { expiresAt }),
})

beforeEach(() => void jest.useFakeTimers({ now: 1_000 }))
afterEach(() => void jest.useRealTimers())

const open = () => {
  const visits = createVisits(() => Date.now())
  const ended: string[] = []
  const enter = (identity: Identity) => visits.enter(identity, () => ended.push(identity.name))
  return { visits, ended, enter }
}

describe('what someone has open', () => {
  test('is ended for those who are meant, once, and for nobody else', async () => {
    const { visits, ended, enter } = open()
    for (const name of ['a', 'b', 'a']) enter(user(name))
    await visits.end(async ({ name }) => name === 'a')
    await visits.end(({ name }) => name === 'a')
    expect(ended).toEqual(['a', 'a'])
  })

  test('is ended when its token runs out, also long after', () => {
    const { ended, enter } = open()
    enter(user('soon', 61_000))
    enter(user('late', 1_000 + 40 * 86_400_000))
    enter(user('never'))
    jest.advanceTimersByTime(59_999)
    expect(ended).toEqual([])
    jest.advanceTimersByTime(1)
    expect(ended).toEqual(['soon'])
    jest.advanceTimersByTime(40 * 86_400_000)
    expect(ended).toEqual(['soon', 'late'])
  })

  test('is forgotten once it ended by itself', async () => {
    const { visits, ended, enter } = open()
    enter(user('a', 2_000))()
    jest.advanceTimersByTime(10_000)
    await visits.end(() => true)
    expect(ended).toEqual([])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('is nobody to be ended when it has no name', async () => {
    const { visits, ended, enter } = open()
    enter({ role: 'anonymous', name: '' })
    enter({ role: 'admin', name: '' })
    await visits.end(() => true)
    expect(ended).toEqual([])
  })
})
