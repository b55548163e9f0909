import { expect, test } from '@jest/globals'
import { createTurns } from '../../../../bridge/stores/turns.ts'
import { createDeferred } from '../../../support/deferred.ts'

test('so many run at a time, the others in their order, and one that fails hands its turn on', async () => {
  const inTurn = createTurns({ maxRunning: 2, maxWaiting: 10, maxWaitMs: 10_000 })
  const gates = Array.from({ length: 4 }, () => createDeferred<void>())
  const begun: number[] = []
  const all = gates.map((gate, n) =>
    inTurn(async () => {
      begun.push(n)
      await gate.promise
    }),
  )
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  gates[1]?.reject(new Error('fails'))
  await expect(all[1]).rejects.toThrow('fails')
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toEqual([0, 1, 2])
  for (const gate of gates) gate.resolve()
  await Promise.all([all[0], all[2], all[3]])
  expect(begun).toEqual([0, 1, 2, 3])
})

test('one too many is refused at once, and one that waits too long later', async () => {
  const inTurn = createTurns({ maxRunning: 1, maxWaiting: 1, maxWaitMs: 5 })
  const gate = createDeferred<void>()
  const first = inTurn(() => gate.promise)
  const second = inTurn(async () => 'never')
  await expect(inTurn(async () => 'third')).rejects.toMatchObject({ code: 'BUSY' })
  await expect(second).rejects.toMatchObject({ code: 'BUSY' })
  gate.resolve()
  await first
  expect(await inTurn(async () => 'again')).toBe('again')
})
