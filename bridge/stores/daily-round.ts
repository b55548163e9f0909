import type { Lifecycle } from '../ports.ts'

export interface DailyRoundOptions {
  /** Between two rounds. Default one day. */
  readonly everyMs?: number
  /** A round after the first failed; the next is `everyMs` away. */
  readonly onError?: (error: unknown) => void
}

const DAY_MS = 86_400_000

/** `start` does a first round (throws what it throws, then it may be called again), then there is one a day. */
export const createDailyRound = (round: () => Promise<void>, options: DailyRoundOptions = {}): Lifecycle => {
  let started: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const begin = async (): Promise<void> => {
    try {
      await round()
    } catch (error) {
      started = undefined
      throw error
    }
    // Stopped meanwhile: no timer that nobody would clear.
    if (started === undefined) return
    const later = (): void => {
      round().catch((error) => options.onError?.(error))
    }
    timer = setInterval(later, options.everyMs ?? DAY_MS).unref()
  }

  return {
    start: () => {
      started ??= begin()
      return started
    },
    stop: async () => {
      started = undefined
      clearInterval(timer)
      timer = undefined
    },
  }
}
