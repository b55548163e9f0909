import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Result } from '../../../../src/dashboard/api.ts'
import { createPoll } from '../../../../src/dashboard/poll.ts'

const OK: Result<number> = { ok: true, value: 1 }

const start = () => {
  const asked: { readonly signal: AbortSignal; readonly answer: (result: Result<number>) => void }[] = []
  const taken: Result<number>[] = []
  const poll = createPoll<number>({
    ask: (signal) => new Promise((answer) => asked.push({ signal, answer })),
    take: (result) => taken.push(result),
    intervalMs: () => 1_000,
  })
  const answer = async (result: Result<number> = OK): Promise<void> => {
    asked.at(-1)?.answer(result)
    await jest.advanceTimersByTimeAsync(0)
  }
  return { poll, asked, taken, answer }
}

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

describe('a poll', () => {
  test('asks at once, and again only after an answer and the interval', async () => {
    const { poll, asked, taken, answer } = start()
    poll.start()
    await jest.advanceTimersByTimeAsync(10_000)
    expect(asked).toHaveLength(1)
    await answer()
    expect(taken).toEqual([OK])
    await jest.advanceTimersByTimeAsync(999)
    expect(asked).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(2)
    poll.stop()
  })

  test('waits as long as a busy server says', async () => {
    const { poll, asked, answer } = start()
    poll.start()
    await answer({ ok: false, problem: { kind: 'busy', message: 'later', retryAfterMs: 5_000 } })
    await jest.advanceTimersByTimeAsync(4_999)
    expect(asked).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(2)
    poll.stop()
  })

  test('hurried, asks now, or right after what is under way', async () => {
    const { poll, asked, answer } = start()
    poll.start()
    poll.hurry()
    expect(asked).toHaveLength(1)
    await answer()
    expect(asked).toHaveLength(2)
    await answer()
    poll.hurry()
    expect(asked).toHaveLength(3)
    poll.stop()
  })

  test('stopped, gives up what is under way and takes nothing of it', async () => {
    const { poll, asked, taken, answer } = start()
    poll.start()
    poll.stop()
    expect(asked[0]?.signal.aborted).toBe(true)
    await answer()
    await jest.advanceTimersByTimeAsync(10_000)
    expect([asked.length, taken.length]).toEqual([1, 0])
  })
})
