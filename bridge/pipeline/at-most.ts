/**
 * Waits for a promise, but no longer than `ms`; true when it was done in time. What hangs is left behind. A rejection in time is handed on, a late one is nobody's.
 */
export const atMost = async (ms: number, promise: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
