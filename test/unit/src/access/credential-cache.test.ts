import { describe, expect, test } from '@jest/globals'
import { BridgeError, type Credential } from '../../../../bridge/index.ts'
import { createCredentialCache } from '../../../../src/access/credential-cache.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'

const credentialOf = (name: string, secretHash = 'hash'): Credential => ({
  name,
  role: 'device',
  secretHash,
  createdAt: 0,
  rotatedAt: 0,
  revokedAt: null,
})

/** A store whose answers the test gives, and a cache over it. */
const rig = (options = {}) => {
  const state = { now: 1_000_000, get: async (_name: string): Promise<Credential | undefined> => undefined }
  const asked: string[] = []
  const get = (name: string): Promise<Credential | undefined> => {
    asked.push(name)
    return state.get(name)
  }
  const cache = createCredentialCache(
    { credentials: { get }, clock: () => state.now },
    { ttlMs: 1_000, staleMs: 10_000, restMs: 100, timeoutMs: 5_000, ...options },
  )
  return { state, asked, cache }
}

const down = async (): Promise<never> => {
  throw new BridgeError('STORE_UNAVAILABLE', 'the store is away')
}
const unavailable = { code: 'STORE_UNAVAILABLE' }

describe('what is known of a name', () => {
  test('is asked for once for its time, whether there is one or none', async () => {
    const { state, asked, cache } = rig()
    state.get = async (name) => (name === 'a' ? credentialOf('a') : undefined)
    for (let n = 0; n < 3; n += 1) {
      expect(await cache.find('a')).toEqual(credentialOf('a'))
      expect(await cache.find('none')).toBeUndefined()
    }
    expect(asked).toEqual(['a', 'none'])
    state.now += 1_000
    await cache.find('a')
    await cache.find('none')
    expect(asked).toEqual(['a', 'none', 'a', 'none'])
  })

  test('is not kept longer because the clock was set back', async () => {
    const { state, asked, cache } = rig()
    await cache.find('a')
    state.now -= 1
    await cache.find('a')
    expect(asked).toHaveLength(2)
  })

  test('is asked for once by all who ask at the same time', async () => {
    const { state, asked, cache } = rig()
    const answer = createDeferred<Credential | undefined>()
    state.get = () => answer.promise
    const all = Promise.all(Array.from({ length: 100 }, () => cache.find('a')))
    answer.resolve(credentialOf('a'))
    expect(await all).toEqual(Array.from({ length: 100 }, () => credentialOf('a')))
    expect(asked).toEqual(['a'])
  })

  test('is asked for anew once it is forgotten, and that of other names is not', async () => {
    const { asked, cache } = rig()
    for (const name of ['a', 'b']) await cache.find(name)
    cache.forget('a')
    for (const name of ['a', 'b']) await cache.find(name)
    expect(asked).toEqual(['a', 'b', 'a'])
  })

  test('may have changed for any name: then all are asked for anew', async () => {
    const { state, asked, cache } = rig()
    state.get = async (name) => (name === 'a' ? credentialOf('a') : undefined)
    for (const name of ['a', 'none']) await cache.find(name)
    cache.forget(undefined)
    for (const name of ['a', 'none']) await cache.find(name)
    expect(asked).toEqual(['a', 'none', 'a', 'none'])
  })

  test.each(['a', undefined])(
    'that changes while it is read (%s) is read again, for those who wait too',
    async (name) => {
      const { state, cache } = rig()
      const first = createDeferred<Credential | undefined>()
      state.get = () => first.promise
      const waiting = cache.find('a')
      state.get = async () => credentialOf('a', 'new')
      cache.forget(name)
      first.resolve(credentialOf('a', 'old'))
      expect(await waiting).toEqual(credentialOf('a', 'new'))
      expect(await cache.find('a')).toEqual(credentialOf('a', 'new'))
    },
  )

  test('is bounded, and made-up names push none out that is real', async () => {
    const { state, asked, cache } = rig({ maxNames: 10 })
    state.get = async (name) => (name === 'real' ? credentialOf('real') : undefined)
    await cache.find('real')
    for (let n = 0; n < 100; n += 1) await cache.find(`guess${n}`)
    expect(cache.stats().size).toBe(11)
    const before = asked.length
    await cache.find('real')
    expect(asked).toHaveLength(before)
  })

  test('a few names are read at once', async () => {
    const { state, asked, cache } = rig()
    const answer = createDeferred<undefined>()
    state.get = () => answer.promise
    const all = Array.from({ length: 50 }, (_, n) => cache.find(`a${n}`))
    await settled()
    expect(asked).toHaveLength(4)
    answer.resolve(undefined)
    await Promise.all(all)
    expect(asked).toHaveLength(50)
  })
})

describe('with the store away', () => {
  test('a credential that was found goes on counting, for as long as is said', async () => {
    const { state, cache } = rig()
    state.get = async () => credentialOf('a')
    await cache.find('a')
    state.get = down
    state.now += 9_999
    expect(await cache.find('a')).toEqual(credentialOf('a'))
    expect(cache.stats().stale).toBe(1)
    state.now += 1
    await expect(cache.find('a')).rejects.toMatchObject(unavailable)
  })

  test('nothing is said of names never found, and none counts as unknown past its time', async () => {
    const { state, cache } = rig()
    await cache.find('none')
    state.get = down
    expect(await cache.find('none')).toBeUndefined()
    state.now += 1_000
    await expect(cache.find('none')).rejects.toMatchObject(unavailable)
    await expect(cache.find('other')).rejects.toMatchObject(unavailable)
  })

  test('a credential that was told to have changed does not go on, one that only may have changed does', async () => {
    const { state, cache } = rig()
    state.get = async (name) => credentialOf(name)
    for (const name of ['a', 'b']) await cache.find(name)
    state.get = down
    cache.forget('a')
    cache.forget(undefined)
    await expect(cache.find('a')).rejects.toMatchObject(unavailable)
    expect(await cache.find('b')).toEqual(credentialOf('b'))
  })

  test('a change told while it was asked in vain is not overlooked', async () => {
    const { state, cache } = rig()
    state.get = async () => credentialOf('a')
    await cache.find('a')
    state.now += 1_000
    const failing = createDeferred<undefined>()
    state.get = () => failing.promise
    const asked = cache.find('a')
    cache.forget('a')
    state.get = down
    failing.reject(new BridgeError('STORE_UNAVAILABLE', 'away'))
    await expect(asked).rejects.toMatchObject(unavailable)
  })

  test('it is left alone for a while, then asked by one at a time until it answers', async () => {
    const { state, asked, cache } = rig()
    state.get = async (name) => credentialOf(name)
    const names = Array.from({ length: 20 }, (_, n) => `a${n}`)
    for (const name of names) await cache.find(name)
    state.now += 1_000
    state.get = down
    asked.length = 0
    await cache.find('a0')
    expect(asked).toEqual(['a0'])
    await Promise.all(names.map(cache.find))
    expect(asked).toEqual(['a0'])
    state.now += 100
    const hanging = createDeferred<Credential | undefined>()
    state.get = () => hanging.promise
    const probe = cache.find('a1')
    expect(await Promise.all(names.slice(2).map(cache.find))).toHaveLength(18)
    expect(asked).toEqual(['a0', 'a1'])
    hanging.resolve(credentialOf('a1'))
    await probe
    state.get = async (name) => credentialOf(name, 'new')
    expect(await cache.find('a2')).toEqual(credentialOf('a2', 'new'))
  })

  test('a store that hangs is not waited for longer than is said', async () => {
    const { state, cache } = rig({ timeoutMs: 10 })
    state.get = async () => credentialOf('a')
    await cache.find('a')
    state.now += 1_000
    state.get = () => createDeferred<undefined>().promise
    expect(await cache.find('a')).toEqual(credentialOf('a'))
    await expect(cache.find('b')).rejects.toMatchObject(unavailable)
  })

  test('those who wait for their turn are not held up by it one after the other', async () => {
    const { asked, state, cache } = rig({ timeoutMs: 10 })
    state.get = () => createDeferred<undefined>().promise
    const all = await Promise.allSettled(Array.from({ length: 1_000 }, (_, n) => cache.find(`a${n}`)))
    expect(all.every(({ status }) => status === 'rejected')).toBe(true)
    expect(asked).toHaveLength(4)
  })

  test('a slow one is given its time for each name: who has to wait for their turn is not given up', async () => {
    const { state, cache } = rig({ timeoutMs: 1_000 })
    state.get = async (name) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return credentialOf(name)
    }
    const all = await Promise.all(Array.from({ length: 300 }, (_, n) => cache.find(`a${n}`)))
    expect(all).toHaveLength(300)
  })
})
