import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createPause } from '../../../../bridge/pipeline/pause.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

const watch = (waiting: Promise<void>) => {
  const state = { over: false }
  void waiting.then(() => {
    state.over = true
  })
  return state
}

test('a pause ends after its time', async () => {
  const state = watch(createPause().wait(100))
  await jest.advanceTimersByTimeAsync(99)
  expect(state.over).toBe(false)
  await jest.advanceTimersByTimeAsync(1)
  expect(state.over).toBe(true)
})

test('a wake ends it at once and leaves no timer behind', async () => {
  const pause = createPause()
  const state = watch(pause.wait(100))
  pause.wake()
  await jest.advanceTimersByTimeAsync(0)
  expect(state.over).toBe(true)
  expect(jest.getTimerCount()).toBe(0)
})

test('a wake with nobody waiting is not kept for the next pause', async () => {
  const pause = createPause()
  pause.wake()
  const state = watch(pause.wait(100))
  await jest.advanceTimersByTimeAsync(99)
  expect(state.over).toBe(false)
})

test('the timer of a pause that was woken does not end the next one', async () => {
  const pause = createPause()
  void pause.wait(100)
  pause.wake()
  const state = watch(pause.wait(200))
  await jest.advanceTimersByTimeAsync(199)
  expect(state.over).toBe(false)
  await jest.advanceTimersByTimeAsync(1)
  expect(state.over).toBe(true)
})
