/**
 * Writes what changed, many at a time and one write after the other. An item is marked when it changes and taken
 * off when it is written; one that changes while it is being written is marked again, for the next write.
 */

/** Kept by the writer on the items themselves: a set of its own would cost a look-up for each change. */
export interface Marked {
  /** Waits to be written. */
  dirty: boolean
  /** Is being written. */
  writing: boolean
}

export interface MarkedWriter<T extends Marked> {
  changed(item: T): void
  /** Not to be written after all. */
  forget(item: T): void
  /** Called by a timer: writes what is marked, unless a write is under way or the store's next attempt not due. */
  turn(): void
  /** Writes what is marked by now; resolves also when that failed. */
  flush(): Promise<void>
  /** Items that wait. */
  readonly unsaved: number
}

export interface MarkedWriterDeps<T extends Marked> {
  /** Writes the items; never rejects. False: they were not written, and wait again. */
  readonly write: (items: readonly T[]) => Promise<boolean>
  /** The store may be asked now. */
  readonly due: () => boolean
}

/** A writer with nothing to write. @param maxPerWrite items in one write */
export const createMarkedWriter = <T extends Marked>(
  { write, due }: MarkedWriterDeps<T>,
  maxPerWrite: number,
): MarkedWriter<T> => {
  const marked = new Set<T>()
  let tail: Promise<void> = Promise.resolve()
  let busy = false

  const changed = (item: T): void => {
    if (item.dirty) return
    item.dirty = true
    marked.add(item)
  }

  const take = (count: number): readonly T[] => {
    const taken: T[] = []
    for (const item of marked) {
      if (taken.length === count) break
      taken.push(item)
      item.dirty = false
      item.writing = true
      marked.delete(item)
    }
    return taken
  }

  const run = async (): Promise<void> => {
    busy = true
    // Items that change while this runs are for the next run.
    let left = marked.size
    while (left > 0 && marked.size > 0) {
      const items = take(Math.min(left, maxPerWrite))
      left -= items.length
      const isWritten = await write(items)
      for (const item of items) item.writing = false
      if (!isWritten) {
        items.forEach(changed)
        break
      }
    }
    busy = false
  }

  const flush = (): Promise<void> => {
    tail = tail.then(run)
    return tail
  }

  return {
    changed,
    forget: (item) => {
      item.dirty = false
      marked.delete(item)
    },
    turn: () => {
      if (!busy && marked.size > 0 && due()) void flush()
    },
    flush,
    get unsaved() {
      return marked.size
    },
  }
}
