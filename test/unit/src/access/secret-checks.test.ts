import { expect, test } from '@jest/globals'
import { createSecretChecks, type SecretCheckOptions } from '../../../../src/access/secret-checks.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'

/** `verify` fits when the hash is `of:` and the secret, after some turns of the event loop. */
const rig = (options: SecretCheckOptions = {}) => {
  const seen = { running: 0, most: 0, hashed: [] as string[] }
  const verify = async (secret: string, secretHash: string): Promise<boolean> => {
    seen.running += 1
    seen.most = Math.max(seen.most, seen.running)
    seen.hashed.push(`${secret} ${secretHash}`)
    await new Promise((resolve) => setImmediate(resolve))
    seen.running -= 1
    if (secret === 'broken') throw new Error('no memory')
    return secretHash === `of:${secret}`
  }
  return { seen, ...createSecretChecks({ verify }, options) }
}

const pair = (secret: string, secretHash = `of:${secret}`, name = 'a') => ({ name, secret, secretHash })
/** The nth board, in one of six networks. */
const board = (n: number) => ({ ...pair(`s${n}`), address: `192.0.2.${n % 6}` })

test('a storm of 5,000 runs at most 2 hashes at once and hashes each pair once', async () => {
  const { seen, check, stats } = rig()
  const storm = Array.from({ length: 5_000 }, (_, n) => check(board(n % 1_250)))
  expect(new Set(await Promise.all(storm))).toEqual(new Set(['fits']))
  expect(seen.most).toBe(2)
  expect(seen.hashed).toHaveLength(1_250)
  expect(new Set(seen.hashed).size).toBe(1_250)
  const again = Array.from({ length: 5_000 }, (_, n) => check(board(n % 1_250)))
  expect(new Set(await Promise.all(again))).toEqual(new Set(['fits']))
  expect(stats()).toEqual({ hashed: 1_250, remembered: 5_000, waiting: 0 })
})

test('5,000 boards of their own all get their turn; those beyond are told that it is busy', async () => {
  const { seen, check } = rig()
  const storm = Array.from({ length: 5_010 }, (_, n) => check(board(n)))
  const verdicts = await Promise.all(storm)
  expect(verdicts.filter((each) => each === 'fits')).toHaveLength(5_002)
  expect(verdicts.filter((each) => each === 'busy')).toHaveLength(8)
  expect(seen.most).toBe(2)
  expect(await check(pair('s5009'))).toBe('fits')
})

test('who sends guess after guess holds up nobody of another network', async () => {
  const { seen, check } = rig()
  const guess = (n: number) => ({ ...pair(`guess${n}`, 'of:good'), address: `2001:db8::${n.toString(16)}` })
  const flood = Array.from({ length: 4_000 }, (_, n) => check(guess(n)))
  expect(await check({ ...pair('good'), address: '192.0.2.1' })).toBe('fits')
  expect(seen.hashed.length).toBeLessThan(10)
  const verdicts = await Promise.all(flood)
  expect(verdicts.filter((each) => each === 'busy')).toHaveLength(2_998)
})

test('3,000 boards behind one address are all let in when those that found it busy come again', async () => {
  const { check } = rig()
  let left = Array.from({ length: 3_000 }, (_, n) => ({ ...pair(`s${n}`), address: '192.0.2.1' }))
  for (const still of [1_998, 996, 0]) {
    const verdicts = await Promise.all(left.map(check))
    left = left.filter((_, n) => verdicts[n] === 'busy')
    expect(left).toHaveLength(still)
  }
})

test('what is wrong is remembered too, and pushes out none that fits', async () => {
  const { seen, check } = rig({ maxPairs: 10 })
  await check(pair('good'))
  for (let n = 0; n < 50; n += 1) expect(await check(pair(`guess${n}`, 'of:good'))).toBe('wrong')
  expect(await check(pair('guess49', 'of:good'))).toBe('wrong')
  expect(await check(pair('good'))).toBe('fits')
  expect(seen.hashed).toHaveLength(51)
})

test('another name, secret or hash is another pair', async () => {
  const { seen, check } = rig()
  await check(pair('s', 'of:s', 'a'))
  await check(pair('s', 'of:s', 'b'))
  expect(await check(pair('s', 'of:new', 'a'))).toBe('wrong')
  expect(await check(pair('t', 'of:s', 'a'))).toBe('wrong')
  expect(seen.hashed).toHaveLength(4)
})

test('a hash that could not be made is not remembered as wrong', async () => {
  const { seen, check } = rig()
  expect(await check(pair('broken'))).toBe('busy')
  expect(await check(pair('broken'))).toBe('busy')
  expect(seen.hashed).toHaveLength(2)
})

test('how many wait can be seen', async () => {
  const open = createDeferred<boolean>()
  const { check, stats } = createSecretChecks({ verify: () => open.promise })
  const all = Array.from({ length: 5 }, (_, n) => check(pair(`s${n}`)))
  await settled()
  expect(stats()).toEqual({ hashed: 2, remembered: 0, waiting: 3 })
  open.resolve(true)
  await Promise.all(all)
  expect(stats().waiting).toBe(0)
})
