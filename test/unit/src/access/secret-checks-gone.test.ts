import { expect, test } from '@jest/globals'
import { createSecretChecks } from '../../../../src/access/secret-checks.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'

/** One hash at a time; the first is held until `open`. */
const rig = () => {
  const hashed: string[] = []
  const { promise, resolve } = createDeferred()
  const verify = async (secret: string, secretHash: string): Promise<boolean> => {
    hashed.push(secret)
    await promise
    return secretHash === `of:${secret}`
  }
  const checks = createSecretChecks({ verify }, { hashesAtOnce: 1, maxWaiting: 3, maxWaitingPerNetwork: 3 })
  const ask = (secret: string, signal?: AbortSignal) =>
    checks.check({ name: 'a', secret, secretHash: 'of:good', address: '192.0.2.1', signal })
  return { ...checks, hashed, ask, open: resolve }
}

test('a hash that nobody waits for any more is not made, and its place is free', async () => {
  const { ask, stats, hashed, open } = rig()
  const first = ask('first')
  const controller = new AbortController()
  const guesses = ['g1', 'g2', 'g3'].map((guess) => ask(guess, controller.signal))
  await settled()
  expect(await ask('one too many')).toBe('busy')
  controller.abort()
  expect(await Promise.all(guesses)).toEqual(['gone', 'gone', 'gone'])
  expect(stats().waiting).toBe(0)
  const good = ask('good')
  open()
  expect(await first).toBe('wrong')
  expect(await good).toBe('fits')
  expect(hashed).toEqual(['first', 'good'])
})

test('a hash that somebody still waits for is made', async () => {
  const { ask, hashed, open } = rig()
  const first = ask('first')
  const controller = new AbortController()
  const [gone, patient, unbound] = [
    ask('good', controller.signal),
    ask('good', new AbortController().signal),
    ask('good'),
  ]
  await settled()
  controller.abort()
  open()
  expect(await Promise.all([first, gone, patient, unbound])).toEqual(['wrong', 'fits', 'fits', 'fits'])
  expect(hashed).toEqual(['first', 'good'])
})

test('who asks the same in the moment it is given up is answered all the same', async () => {
  const { ask, open } = rig()
  void ask('first')
  const controller = new AbortController()
  const gone = ask('good', controller.signal)
  await settled()
  controller.abort()
  const patient = ask('good')
  open()
  expect(await gone).toBe('gone')
  expect(await patient).toBe('fits')
})

test('who has hung up already asks nothing', async () => {
  const { ask, hashed } = rig()
  const controller = new AbortController()
  controller.abort()
  expect(await ask('good', controller.signal)).toBe('gone')
  expect(hashed).toEqual([])
})
