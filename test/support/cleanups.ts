import { afterEach } from '@jest/globals'

/** What a test has opened, closed after it in reverse order, whatever became of the test. */
export const useCleanups = (): ((cleanup: () => Promise<unknown> | unknown) => void) => {
  const cleanups: (() => Promise<unknown> | unknown)[] = []
  afterEach(async () => {
    const errors: unknown[] = []
    for (const cleanup of cleanups.splice(0).reverse()) {
      try {
        await cleanup()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'cleaning up failed')
  })
  return (cleanup) => void cleanups.push(cleanup)
}
