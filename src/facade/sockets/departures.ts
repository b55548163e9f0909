/** Lets a stop wait until every socket has gone. `left` tells how many have not; `noted` is called at each end. */
export const createDepartures = (left: () => number) => {
  const waiting: (() => void)[] = []
  const noted = (): void => {
    if (left() > 0) return
    for (const resolve of waiting.splice(0)) resolve()
  }
  return {
    noted,
    all: (): Promise<void> =>
      new Promise((resolve) => {
        waiting.push(resolve)
        noted()
      }),
  }
}
