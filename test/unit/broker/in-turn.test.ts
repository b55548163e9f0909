import { expect, test } from '@jest/globals'
import { createInTurn } from '../../../broker/in-turn.ts'
import { createDeferred, settled } from '../../support/deferred.ts'

test('of one key the next begins when the one before has ended, be it in failure; other keys do not wait', async () => {
  const inTurn = createInTurn()
  const begun: string[] = []
  const { promise, reject } = createDeferred<string>()
  const first = inTurn('a', () => promise)
  const second = inTurn('a', async () => begun.push('second'))
  const third = inTurn('a', async () => begun.push('third'))
  await inTurn('b', async () => begun.push('other'))
  await settled()
  expect(begun).toEqual(['other'])
  reject(new Error('failed'))
  await expect(first).rejects.toThrow('failed')
  await Promise.all([second, third])
  expect(begun).toEqual(['other', 'second', 'third'])
})
