import { describe, expect, test } from '@jest/globals'
import type { Identity } from '../../../bridge/index.ts'
import { createDoorkeeper, type DoorkeeperOptions } from '../../../src/doorkeeper.ts'
import type { Identified, Login } from '../../../src/facade/index.ts'
import { createDeferred } from '../../support/deferred.ts'

const me: Identity = { role: 'dashboard', name: 'me' }
const GOOD: Identified = { ok: true, identity: me }
const BAD: Identified = { ok: false, reason: 'bad-credentials' }
const secret = (text: string): Login => ({ kind: 'secret', name: 'me', secret: text })
const token = (text: string): Login => ({ kind: 'token', token: text })

const createRig = (options: Partial<DoorkeeperOptions> = {}) => {
  const asked: unknown[] = []
  const answer = async (claim: unknown, good: boolean): Promise<Identified> => {
    asked.push(claim)
    return good ? GOOD : BAD
  }
  const authenticator = {
    login: (claim: { name: string; secret: string }) => answer(claim, claim.secret === 'right'),
    loginByToken: (given: string) => answer(given, given === 'right'),
  }
  const tokens = { issue: async () => ({ token: 't', expiresAt: 1 }) }
  return { asked, doorkeeper: createDoorkeeper({ authenticator, tokens }, { anonymous: false, ...options }) }
}

describe('a login that was right', () => {
  test.each([secret('right'), token('right')])(
    'is known from then on, as the same identity: %j',
    async (login) => {
      const { doorkeeper } = createRig()
      expect(doorkeeper.recall?.(login)).toBeUndefined()
      expect(await doorkeeper.identify(login)).toBe(GOOD)
      expect(doorkeeper.recall?.(login)).toBe(me)
    },
  )

  test('is no other login that looks like it', async () => {
    const { doorkeeper } = createRig()
    await doorkeeper.identify(secret('right'))
    for (const login of [secret('righ'), token('right'), { ...secret('right'), name: 'you' }] as const)
      expect(doorkeeper.recall?.(login)).toBeUndefined()
  })

  test('is forgotten when any credential changes, and by the newest when there is no room', async () => {
    const { doorkeeper } = createRig({ maxKnown: 1 })
    await doorkeeper.identify(secret('right'))
    await doorkeeper.identify(token('right'))
    expect([doorkeeper.recall?.(secret('right')), doorkeeper.recall?.(token('right'))]).toEqual([
      undefined,
      me,
    ])
    doorkeeper.forget()
    expect(doorkeeper.recall?.(token('right'))).toBeUndefined()
  })

  test('is not remembered when a credential changed while it was checked', async () => {
    const checked = createDeferred<Identified>()
    const authenticator = { login: () => checked.promise, loginByToken: () => checked.promise }
    const tokens = { issue: async () => undefined }
    const doorkeeper = createDoorkeeper({ authenticator, tokens }, { anonymous: false })
    const identified = doorkeeper.identify(secret('right'))
    doorkeeper.forget()
    checked.resolve(GOOD)
    expect(await identified).toBe(GOOD)
    expect(doorkeeper.recall?.(secret('right'))).toBeUndefined()
  })
})

test('a login that was wrong is asked about each time', async () => {
  const { doorkeeper, asked } = createRig()
  for (let again = 0; again < 2; again += 1) expect(await doorkeeper.identify(secret('wrong'))).toBe(BAD)
  expect(doorkeeper.recall?.(secret('wrong'))).toBeUndefined()
  expect(asked).toHaveLength(2)
})

test('where a secret came from is told to who checks it', async () => {
  const { doorkeeper, asked } = createRig()
  await doorkeeper.identify(secret('right'), '192.0.2.1')
  expect(asked).toEqual([{ name: 'me', secret: 'right', address: '192.0.2.1' }])
})
