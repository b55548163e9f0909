/** The loop of a sketch: one thing at a time, each when its interval has passed since it was last done. */
import { setTimeout as delay } from 'node:timers/promises'

export interface Chore {
  readonly everyMs: number
  readonly run: () => Promise<void> | void
}

export interface SketchLoop {
  /** Resolves when what was under way is done. */
  stop(): Promise<void>
}

const IDLE_MS = 5

/** Runs `boot`, then the chores in turn, until it is stopped. A late chore is done once, not as often as it was missed. */
export const startLoop = (boot: () => Promise<void>, chores: readonly Chore[]): SketchLoop => {
  let running = true
  const last = chores.map(() => Number.NEGATIVE_INFINITY)
  const turn = async (): Promise<void> => {
    for (const [index, { everyMs, run }] of chores.entries()) {
      const now = performance.now()
      if (!running || now - (last[index] ?? 0) < everyMs) continue
      last[index] = now
      await run()
    }
  }
  const loop = async (): Promise<void> => {
    await boot()
    while (running) {
      await turn()
      await delay(IDLE_MS)
    }
  }
  const ended = loop()
  return {
    stop: async () => {
      running = false
      await ended
    },
  }
}
