import { expect, test } from '@jest/globals'
import { createGate } from '../../../../src/access/gate.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'

test('as many as it lets through run at once, the others in the order they came', async () => {
  const gate = createGate({ atOnce: 2, maxWaiting: 10 })
  const begun: number[] = []
  const works = Array.from({ length: 4 }, () => createDeferred<string>())
  const results = works.map(({ promise }, index) =>
    gate.run(() => {
      begun.push(index)
      return promise
    }),
  )
  expect(begun).toEqual([0, 1])
  expect(gate.waiting).toBe(2)
  works[1]?.resolve('b')
  await settled()
  expect(begun).toEqual([0, 1, 2])
  works[0]?.resolve('a')
  works[2]?.resolve('c')
  works[3]?.resolve('d')
  expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd'])
  expect(gate.waiting).toBe(0)
})

test('work that fails, also at once, makes room as well', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 10 })
  const failing = gate.run(() => Promise.reject(new Error('failed')))
  const throwing = gate.run(() => {
    throw new Error('thrown')
  })
  const last = gate.run(async () => 'done')
  await expect(failing).rejects.toThrow('failed')
  await expect(throwing).rejects.toThrow('thrown')
  expect(await last).toBe('done')
})

test('who finds the queue full is told at once, and nothing of theirs runs', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 1 })
  const { promise, resolve } = createDeferred()
  const running = gate.run(() => promise)
  const waiting = gate.run(async () => 'waited')
  expect(gate.run(() => Promise.reject(new Error('must not run')))).toBeUndefined()
  resolve()
  await running
  expect(await waiting).toBe('waited')
})
