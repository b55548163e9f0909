import { expect, test } from '@jest/globals'
import { createRestarts } from '../../../src/restarts.ts'

const createRig = (failures: number) => {
  const told: string[] = []
  let attempts = 0
  const restarts = createRestarts({
    start: async () => {
      attempts += 1
      if (attempts <= failures) throw new Error(`disk full ${attempts}`)
      told.push('up')
    },
    onFailed: (error) => told.push(String(error)),
    minPauseMs: 1,
    maxPauseMs: 2,
  })
  return { told, restarts, attempts: () => attempts }
}

test('a part that ended is started again at once', async () => {
  const { told, restarts } = createRig(0)
  await restarts.ended()
  expect(told).toEqual(['up'])
})

test('one that does not start is tried again until it does, each failure told', async () => {
  const { told, restarts } = createRig(3)
  await restarts.ended()
  expect(told).toEqual(['Error: disk full 1', 'Error: disk full 2', 'Error: disk full 3', 'up'])
})

test('after the stop nothing is started, and a failure then is told to nobody', async () => {
  const { told, restarts, attempts } = createRig(Number.POSITIVE_INFINITY)
  const ended = restarts.ended()
  restarts.stop()
  await ended
  await restarts.ended()
  expect(attempts()).toBe(1)
  expect(told).toEqual([])
})
