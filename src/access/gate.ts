/**
 * Lets a few pieces of work run at once; the others wait in a line for each lane. The lanes take turns, so however
 * much waits in one of them, the next of another lane is let in soon. Whoever gives up leaves the line at once.
 */
export interface Gate {
  /**
   * What the work gives, once it was its turn; undefined, at once, when too many wait already. Rejects when it has to
   * make room for another lane, and when `signal` is aborted before its turn.
   */
  run<T>(work: () => Promise<T>, lane?: string, signal?: AbortSignal): Promise<T> | undefined
  /** How many wait for their turn. */
  readonly waiting: number
}

export interface GateOptions {
  readonly atOnce: number
  /** In all lanes; there are never more lanes than that. */
  readonly maxWaiting: number
  /** Default: as many as in all. */
  readonly maxWaitingPerLane?: number
}

interface Waiter {
  start(): void
  pushOut(): void
}

/** Who waits, by lane. A lane is there only while somebody waits in it; the first of the map is the next one. */
const createLines = () => {
  const lines = new Map<string, Waiter[]>()
  let count = 0

  const lengthOf = (lane: string): number => lines.get(lane)?.length ?? 0

  return {
    lengthOf,
    get count() {
      return count
    },
    add: (lane: string, waiter: Waiter): void => {
      const line = lines.get(lane)
      if (line === undefined) lines.set(lane, [waiter])
      else line.push(waiter)
      count += 1
    },
    /** The next one; its lane goes behind the others. */
    take: (): Waiter | undefined => {
      for (const [lane, line] of lines) {
        const waiter = line.shift()
        lines.delete(lane)
        if (line.length > 0) lines.set(lane, line)
        count -= 1
        return waiter
      }
      return undefined
    },
    remove: (lane: string, waiter: Waiter): void => {
      const line = lines.get(lane) ?? []
      const place = line.indexOf(waiter)
      if (place < 0) return
      line.splice(place, 1)
      if (line.length === 0) lines.delete(lane)
      count -= 1
    },
    /** Takes the newest of the longest line, when that is longer than this lane would become. */
    takeOfLongest: (lane: string): Waiter | undefined => {
      let longest: Waiter[] = []
      for (const line of lines.values()) if (line.length > longest.length) longest = line
      if (longest.length <= lengthOf(lane) + 1) return undefined
      count -= 1
      return longest.pop()
    },
  }
}

/** A gate with nobody in it. */
export const createGate = ({ atOnce, maxWaiting, maxWaitingPerLane = maxWaiting }: GateOptions): Gate => {
  const lines = createLines()
  let running = 0

  const start = async <T>(work: () => Promise<T>): Promise<T> => {
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      lines.take()?.start()
    }
  }

  /** Of a full gate, the lane that holds the most gives up a place. */
  const hasRoom = (lane: string): boolean => {
    if (lines.lengthOf(lane) >= maxWaitingPerLane) return false
    if (lines.count < maxWaiting) return true
    const pushedOut = lines.takeOfLongest(lane)
    pushedOut?.pushOut()
    return pushedOut !== undefined
  }

  return {
    run: <T>(work: () => Promise<T>, lane = '', signal?: AbortSignal) => {
      if (running < atOnce) return start(work)
      if (!hasRoom(lane)) return undefined
      return new Promise<T>((resolve, reject) => {
        const giveUp = (): void => {
          lines.remove(lane, waiter)
          reject(new Error('given up before its turn'))
        }
        const waiter: Waiter = {
          start: () => {
            signal?.removeEventListener('abort', giveUp)
            start(work).then(resolve, reject)
          },
          pushOut: () => reject(new Error('made room for another lane')),
        }
        signal?.addEventListener('abort', giveUp, { once: true })
        lines.add(lane, waiter)
      })
    },
    get waiting() {
      return lines.count
    },
  }
}
