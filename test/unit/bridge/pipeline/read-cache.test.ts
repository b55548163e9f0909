import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createReadCache } from '../../../../bridge/pipeline/read-cache.ts'

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  jest.useRealTimers()
})

const make = (max = 10) => createReadCache<string>({ name: 'things', max, ttlMs: 100, sweepMs: 1_000 })

/** A load that is decided from outside. */
const pending = () => {
  let resolve: (value: string) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<string>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { load: jest.fn(() => promise), resolve, reject }
}

describe('a read cache', () => {
  test('gives back what was set until its time is over', () => {
    const cache = make()
    cache.set('a', '1')
    jest.advanceTimersByTime(99)
    expect(cache.get('a')).toBe('1')
    jest.advanceTimersByTime(2)
    expect(cache.get('a')).toBeUndefined()
  })

  test('is bounded: the entry longest unused goes', () => {
    const cache = make(2)
    cache.set('a', '1')
    cache.set('b', '2')
    cache.get('a')
    cache.set('c', '3')
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['1', undefined, '3'])
  })

  test('loads a key once however many ask, and answers from memory afterwards', async () => {
    const cache = make()
    const { load, resolve } = pending()
    const asked = [cache.wrap('a', load), cache.wrap('a', load), cache.wrap('a', load)]
    resolve('1')
    expect(await Promise.all(asked)).toEqual(['1', '1', '1'])
    expect(await cache.wrap('a', load)).toBe('1')
    expect(load).toHaveBeenCalledTimes(1)
  })

  test('keys are loaded apart', async () => {
    const cache = make()
    expect(await Promise.all([cache.wrap('a', async () => '1'), cache.wrap('b', async () => '2')])).toEqual([
      '1',
      '2',
    ])
  })

  test.each(['delete', 'clear'] as const)(
    'what was invalidated by %s while it was loaded is not kept',
    async (how) => {
      const cache = make()
      const old = pending()
      const asked = cache.wrap('a', old.load)
      cache[how]('a')
      const fresh = pending()
      const askedLater = cache.wrap('a', fresh.load)
      old.resolve('stale')
      expect(await asked).toBe('stale')
      expect(cache.get('a')).toBeUndefined()
      fresh.resolve('fresh')
      expect(await askedLater).toBe('fresh')
      expect(cache.get('a')).toBe('fresh')
    },
  )

  test('what was set while it was loaded is not overwritten by the load', async () => {
    const cache = make()
    const { load, resolve } = pending()
    const asked = cache.wrap('a', load)
    cache.set('a', 'set')
    resolve('loaded')
    await asked
    expect(cache.get('a')).toBe('set')
  })

  test('a load that fails is told to all who wait, and tried again by the next', async () => {
    const cache = make()
    const { load, reject } = pending()
    const asked = [cache.wrap('a', load), cache.wrap('a', load)]
    reject(new Error('away'))
    for (const one of await Promise.allSettled(asked)) expect(one.status).toBe('rejected')
    expect(await cache.wrap('a', async () => '1')).toBe('1')
    const throwing = (): Promise<string> => {
      throw new Error('at once')
    }
    await expect(cache.wrap('b', throwing)).rejects.toThrow('at once')
  })

  test('counts hits and misses', async () => {
    const cache = make()
    await cache.wrap('a', async () => '1')
    await cache.wrap('a', async () => '1')
    cache.get('a')
    cache.get('b')
    expect(cache.stats()).toEqual({ hits: 2, misses: 2, size: 1, max: 10 })
  })

  test('once started, removes what is over though nobody asks, until it is stopped', async () => {
    const cache = make()
    await cache.start()
    await cache.start()
    cache.set('a', '1')
    expect(cache.stats().size).toBe(1)
    jest.advanceTimersByTime(1_000)
    expect(cache.stats().size).toBe(0)
    await cache.stop()
    expect(jest.getTimerCount()).toBe(0)
  })
})
