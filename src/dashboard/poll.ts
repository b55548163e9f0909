/** Asks again and again, one request at a time: the next wait begins when an answer is there, however late that is. */
import type { Result } from './api.ts'

export interface Poll {
  start(): void
  stop(): void
  /** Asks now, or right after the request that is under way. */
  hurry(): void
}

export interface PollDeps<T> {
  readonly ask: (signal: AbortSignal) => Promise<Result<T>>
  readonly take: (result: Result<T>) => void
  /** Until the next one. */
  readonly intervalMs: () => number
}

export const createPoll = <T>({ ask, take, intervalMs }: PollDeps<T>): Poll => {
  let running: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsking = false
  let isHurried = false

  const round = async (controller: AbortController): Promise<void> => {
    clearTimeout(timer)
    isAsking = true
    isHurried = false
    const result = await ask(controller.signal)
    if (running !== controller) return
    isAsking = false
    take(result)
    const waitMs = !result.ok && result.problem.kind === 'busy' ? result.problem.retryAfterMs : intervalMs()
    if (running === controller) timer = setTimeout(() => round(controller), isHurried ? 0 : waitMs)
  }

  const stop = (): void => {
    clearTimeout(timer)
    running?.abort()
    running = undefined
    isAsking = false
  }

  return {
    start: () => {
      stop()
      running = new AbortController()
      void round(running)
    },
    stop,
    hurry: () => {
      if (running === undefined) return
      if (isAsking) isHurried = true
      else void round(running)
    },
  }
}
