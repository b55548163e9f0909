import type { Cleanup } from '../../bench/cleanup.ts'

/** The first signal takes everything apart and ends the process; a second one does not wait for it. */
export const exitOnSignal = (cleanup: Cleanup, complain: (line: string) => void): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (cleanup.closed) process.exit(130)
      complain(`\n${signal}: stopping what the soak started`)
      void cleanup.all().finally(() => process.exit(130))
    })
  }
}
