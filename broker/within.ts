/**
 * Resolves when `work` calls what it is given, or after `ms`. `work` answers with what is to be done at the end.
 */
export const within = (ms: number, work: (resolve: () => void) => () => void): Promise<void> =>
  new Promise((settle) => {
    let end = (): void => undefined
    let settled = false
    const resolve = (): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      end()
      settle()
    }
    const timer = setTimeout(resolve, ms)
    timer.unref()
    const ended = work(resolve)
    end = ended
    if (settled) ended()
  })
