import { expect, test } from '@jest/globals'
import type { ConnectRequest } from '../../../../broker/index.ts'
import { createPolicy } from '../../../../src/access/policy.ts'
import { createSlowdown, SLOWDOWN } from '../../../../src/slowdown.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'
import { accessRig } from './access-rig.ts'

const as = (username: string, password: string | undefined, address = '192.0.2.1'): ConnectRequest => ({
  clientId: username,
  username,
  password,
  address,
  certificateName: undefined,
})

/** Device b1; of each network two wrong logins are free. */
const rigWith = async () => {
  const { authenticator, add, state } = accessRig()
  await add('b1')
  const waits: number[] = []
  const { promise, resolve } = createDeferred()
  const wait = async (ms: number, signal?: AbortSignal): Promise<void> => {
    waits.push(ms)
    const hungUp = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')))
    })
    await Promise.race([promise, hungUp])
  }
  const slowdown = createSlowdown({ clock: () => state.now, wait }, { ...SLOWDOWN, free: 2, maxWaiting: 5 })
  const policy = createPolicy({ authenticator, anonymous: true, slowdown })
  return { ...slowdown, policy, waits, state, release: resolve }
}

test('wrong logins of a network wait longer and longer, those of another one do not', async () => {
  const { policy, waits, release } = await rigWith()
  const wrong = Array.from({ length: 5 }, (_, n) => policy.admit(as('b1', `guess${n}`)))
  await settled()
  expect(waits).toEqual([50, 100, 200])
  expect(await policy.admit(as('b1', 'wrong', '198.51.100.1'))).toMatchObject({ code: 4 })
  release()
  for (const admission of await Promise.all(wrong)) expect(admission).toMatchObject({ ok: false, code: 4 })
})

test('a guess that is known to be wrong waits as a new one does', async () => {
  const { policy, waits, state } = await rigWith()
  for (let n = 0; n < 2; n += 1) await policy.admit(as('b1', 'wrong'))
  for (let n = 0; n < 3; n += 1) void policy.admit(as('b1', 'wrong'))
  for (const each of [as('none', 'x'), as('b1', undefined)]) void policy.admit(each)
  await settled()
  expect(waits).toEqual([50, 100, 200, 400, 800])
  expect(state.hashed).toHaveLength(2)
})

test('a board with the right secret is let in at once while wrong logins of its network wait', async () => {
  const { policy, waits, stats } = await rigWith()
  for (let n = 0; n < 20; n += 1) void policy.admit(as('b1', `guess${n}`))
  await settled()
  expect(await policy.admit(as('b1', 'b1-secret'))).toMatchObject({ ok: true })
  expect(await policy.admit({ ...as('', ''), clientId: 'anyone' })).toMatchObject({ ok: true })
  expect(waits).toHaveLength(5)
  expect(stats()).toEqual({ atOnce: 2, late: 5, unslowed: 13 })
})

test('with the store away nobody is slowed: nothing was guessed', async () => {
  const { policy, waits, state } = await rigWith()
  state.away = true
  for (let n = 0; n < 5; n += 1) expect(await policy.admit(as('b1', `guess${n}`))).toMatchObject({ code: 3 })
  expect(waits).toEqual([])
})

test('who hangs up while it is slowed waits no longer, and leaves its place', async () => {
  const { policy, stats } = await rigWith()
  const controller = new AbortController()
  const guess = (n: number) => policy.admit({ ...as('b1', `guess${n}`), signal: controller.signal })
  const guesses = Array.from({ length: 7 }, (_, n) => guess(n))
  await settled()
  controller.abort()
  expect(await Promise.all(guesses)).toHaveLength(7)
  void policy.admit(as('b1', 'guess'))
  await settled()
  expect(stats()).toEqual({ atOnce: 2, late: 6, unslowed: 0 })
})
