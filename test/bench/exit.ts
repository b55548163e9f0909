import type { Cleanup } from './cleanup.ts'

/** Ends the process after everything it started has been ended. A second signal does not wait for that. */
const exitCleanly = (cleanup: Cleanup, why: string, code: number): void => {
  console.error(`\n${why}: stopping what the bench started`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal)
    process.once(signal, () => process.exit(code))
  }
  void cleanup.all().finally(() => process.exit(code))
}

/**
 * Ends the bench in order when it is interrupted, or not done in `maxMinutes`. The function returned calls the
 * deadline off.
 */
export const exitOnInterrupt = (cleanup: Cleanup, maxMinutes: number): (() => void) => {
  process.once('SIGINT', () => exitCleanly(cleanup, 'interrupted', 130))
  process.once('SIGTERM', () => exitCleanly(cleanup, 'terminated', 143))
  const expire = (): void => exitCleanly(cleanup, `not done in ${maxMinutes} minutes`, 1)
  const deadline = setTimeout(expire, maxMinutes * 60_000)
  return () => clearTimeout(deadline)
}
