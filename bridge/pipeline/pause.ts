/** A sleep that can be woken: what the loops of the spool and the drain wait on. */
export interface Pause {
  /** Resolves after `ms`, or at the next `wake()`. One waiter at a time. */
  wait(ms: number): Promise<void>
  wake(): void
}

/** A pause with nobody waiting. A wake without a waiter is not kept. */
export const createPause = (): Pause => {
  let timer: NodeJS.Timeout | undefined
  let resume: (() => void) | undefined

  const wake = (): void => {
    clearTimeout(timer)
    const waiting = resume
    timer = undefined
    resume = undefined
    waiting?.()
  }

  return {
    wait: (ms) =>
      new Promise((resolve) => {
        resume = resolve
        timer = setTimeout(wake, ms)
      }),
    wake,
  }
}
