import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits until `check` returns (or resolves to) something other than false or undefined and gives that back.
 * A check that throws has not come true yet; after `timeoutMs` its last error is the one shown.
 */
export const eventually = async <T>(
  check: () => T | false | undefined | Promise<T | false | undefined>,
  timeoutMs = 5_000,
): Promise<T> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let failure: unknown
    try {
      const result = await check()
      if (result !== false && result !== undefined) return result
    } catch (error) {
      failure = error
    }
    if (performance.now() > deadline) {
      throw failure ?? new Error(`not true within ${timeoutMs} ms: ${check}`)
    }
    await delay(5)
  }
}
