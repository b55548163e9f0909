/** Work under way: how much there is, and when it is done. */
export interface Gathering {
  /** Counts the work until it settles; gives back what it gives. */
  run<T>(work: Promise<T>): Promise<T>
  size(): number
  /** Resolves when all that is under way now has settled, well or badly. */
  done(): Promise<void>
}

export const createGathering = (): Gathering => {
  const underWay = new Set<Promise<unknown>>()
  return {
    run: async (work) => {
      underWay.add(work)
      try {
        return await work
      } finally {
        underWay.delete(work)
      }
    },
    size: () => underWay.size,
    done: async () => {
      await Promise.allSettled(underWay)
    },
  }
}
