import { expect, test } from '@jest/globals'
import { createGuard, type Sender } from '../../../../../src/facade/http/guard.ts'
import { createDeferred } from '../../../../support/deferred.ts'
import { basic, createFakeDoorkeeper } from '../../../../support/doorkeeper.ts'

const KEY = 'the key of the house'

const createRig = (wait?: () => Promise<unknown>) => {
  const time = { now: 1_000_000 }
  const waits: number[] = []
  const guard = createGuard(
    {
      doorkeeper: createFakeDoorkeeper({ anna: 'admin' }),
      clock: () => time.now,
      wait: async (ms) => {
        waits.push(ms)
        await wait?.()
      },
    },
    { apiKey: KEY, legacyOpen: false },
  )
  const judge = (headers: Sender['headers'], given: Partial<Sender> = {}) =>
    guard.judge({ headers, url: '/', address: '192.0.2.1', isOpen: false, ...given })
  const spend = async (headers: Sender['headers'], given: Partial<Sender> = {}): Promise<void> => {
    for (let n = 0; n < 10; n += 1) await judge(headers, given)
  }
  return { time, waits, judge, spend }
}

const byKey = (key: string) => ({ 'x-api-key': key })
const byBasic = (secret?: string) => ({ authorization: basic('anna', secret).Authorization })

test.each([
  ['keys', byKey('guess'), 'wrong-key'],
  ['secrets', byBasic('guess'), 'wrong'],
  ['tokens', { authorization: 'Bearer guess' }, 'wrong'],
  ['headers that cannot be read', { authorization: 'guess' }, 'wrong'],
])('after some wrong %s of an address each further one is answered later', async (_what, headers, reason) => {
  const { waits, judge, spend } = createRig()
  await spend(headers)
  expect(waits).toEqual([])
  for (let n = 0; n < 7; n += 1) expect(await judge(headers)).toEqual({ ok: false, reason })
  expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 2_000])
})

test('who is right waits for nothing, also at the address of one who guesses', async () => {
  const { waits, judge, spend } = createRig(() => createDeferred().promise)
  await spend(byKey('guess'))
  for (let n = 0; n < 200; n += 1) void judge(byKey('guess'))
  const slowed = waits.length
  expect(await judge(byKey(KEY))).toMatchObject({ ok: true })
  expect(await judge(byBasic())).toMatchObject({ ok: true })
  expect(waits).toHaveLength(slowed)
})

test('who says nothing, or has a wrong key where none is needed, is neither counted nor slowed', async () => {
  const { waits, judge, spend } = createRig()
  await spend({})
  await spend(byKey('old'), { isOpen: true })
  await judge(byKey('guess'))
  expect(waits).toEqual([])
})

test('other networks are not slowed, the same IPv6 network is', async () => {
  const { waits, judge, spend } = createRig()
  await spend(byKey('guess'), { address: '2001:db8::1' })
  await judge(byKey('guess'))
  expect(waits).toEqual([])
  await judge(byKey('guess'), { address: '2001:db8::2' })
  expect(waits).toEqual([50])
})

test('after a minute, and when the clock is set back, guesses are counted anew', async () => {
  const { time, waits, judge, spend } = createRig()
  await spend(byKey('guess'))
  time.now += 60_000
  await spend(byKey('guess'))
  time.now -= 1
  await spend(byKey('guess'))
  expect(waits).toEqual([])
  await judge(byKey('guess'))
  expect(waits).toEqual([50])
})

test('no more than 100 answers of an address wait', async () => {
  const { waits, judge, spend } = createRig(() => createDeferred().promise)
  await spend(byKey('guess'))
  for (let n = 0; n < 150; n += 1) void judge(byKey('guess'))
  expect(waits).toHaveLength(100)
})
