/**
 * Many changes, one update. Whatever comes between two frames is gathered by key, the newest of each key wins, and is
 * handed over once: a thousand messages a second cost as many look-ups and 60 updates.
 */
export interface Conflation<T> {
  add(key: string, change: T): void
  /** What is gathered and not handed over yet. */
  pending(key: string): T | undefined
  /** Hands over at once what there is. */
  flush(): void
}

export interface ConflationDeps<T> {
  /** Runs it once, soon: `requestAnimationFrame` in a page that is seen. */
  readonly schedule: (run: () => void) => void
  readonly apply: (changes: ReadonlyMap<string, T>) => void
}

export const createConflation = <T>({ schedule, apply }: ConflationDeps<T>): Conflation<T> => {
  let gathered = new Map<string, T>()
  let isScheduled = false

  const flush = (): void => {
    isScheduled = false
    if (gathered.size === 0) return
    const changes = gathered
    gathered = new Map()
    apply(changes)
  }

  return {
    add: (key, change) => {
      gathered.set(key, change)
      if (isScheduled) return
      isScheduled = true
      schedule(flush)
    },
    pending: (key) => gathered.get(key),
    flush,
  }
}
