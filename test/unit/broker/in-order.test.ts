import { expect, test } from '@jest/globals'
import { createInOrder } from '../../../broker/in-order.ts'
import { createDeferred, settled } from '../../support/deferred.ts'

test('what ends early waits for what began before it under the same key, and for nothing else', async () => {
  const inOrder = createInOrder()
  const ended: string[] = []
  const first = createDeferred<string>()
  inOrder('a', first.promise).then((name) => ended.push(name))
  inOrder('a', Promise.resolve('second')).then((name) => ended.push(name))
  inOrder('b', Promise.resolve('other')).then((name) => ended.push(name))
  await settled()
  expect(ended).toEqual(['other'])
  first.resolve('first')
  await settled()
  expect(ended).toEqual(['other', 'first', 'second'])
})

test('what fails holds nothing up, and fails alone', async () => {
  const inOrder = createInOrder()
  const failed = inOrder('a', Promise.reject(new Error('the disk is full')))
  const next = inOrder('a', Promise.resolve('next'))
  await expect(failed).rejects.toThrow('the disk is full')
  await expect(next).resolves.toBe('next')
})

test('what fails early is told in its turn', async () => {
  const inOrder = createInOrder()
  const first = createDeferred()
  const told: string[] = []
  inOrder('a', first.promise).then(() => told.push('first'))
  inOrder('a', Promise.reject(new Error('full'))).catch(() => told.push('failed'))
  await settled()
  expect(told).toEqual([])
  first.resolve()
  await settled()
  expect(told).toEqual(['first', 'failed'])
})
