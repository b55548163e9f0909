/**
 * Starts a part again that ended by itself: at once, and if that fails with growing pauses for as long as the
 * program runs, since what ended it (a full disk, say) may pass.
 */
import { setTimeout as delay } from 'node:timers/promises'

export interface RestartsOptions {
  /** Resolves when it is up again. */
  readonly start: () => Promise<unknown>
  /** Told of each attempt that failed. */
  readonly onFailed: (error: unknown) => void
  readonly minPauseMs?: number
  readonly maxPauseMs?: number
}

export interface Restarts {
  /** The part ended. Resolves when it is up again, or the restarts were stopped. */
  ended(): Promise<void>
  /** From now on nothing is started. */
  stop(): void
}

/** Restarts of one part. */
export const createRestarts = (options: RestartsOptions): Restarts => {
  const { start, onFailed, minPauseMs = 1_000, maxPauseMs = 30_000 } = options
  const stopping = new AbortController()

  const ended = async (): Promise<void> => {
    for (let pauseMs = minPauseMs; !stopping.signal.aborted; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      try {
        await start()
        return
      } catch (error) {
        if (stopping.signal.aborted) return
        onFailed(error)
        await delay(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      }
    }
  }

  return { ended, stop: () => stopping.abort() }
}
