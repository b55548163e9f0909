/**
 * The newest entries of a spool, in memory, oldest first: what the drain reads in calm weather. Bounded in
 * bytes; when full the oldest leave, and are read from disk should the drain be that far behind.
 */
import { entryEnd } from '../core/entry-end.ts'
import type { SpoolEntry } from '../ports.ts'
import { type StoredEntry, storedBytes } from './spool-codec.ts'

export interface SpoolTail {
  push(entry: SpoolEntry, position: number): void
  /** Entries from the one that holds `offset` on; undefined when the tail does not reach back that far. */
  read(offset: number, maxBytes: number): readonly SpoolEntry[] | undefined
  /** Forgets entries wholly below `offset`; returns the oldest one left when no older one can be on disk. */
  trim(offset: number): Pick<StoredEntry, 'entry' | 'position'> | undefined
}

/** An empty tail of at most `maxBytes`. */
export const createSpoolTail = (maxBytes: number): SpoolTail => {
  let entries: (SpoolEntry | undefined)[] = []
  let positions: number[] = []
  let head = 0
  let bytes = 0
  // Where the tail begins: everything at or after it is in memory.
  let reach = Number.POSITIVE_INFINITY

  const dropHead = (): void => {
    const entry = entries[head]
    if (entry === undefined) return
    bytes -= storedBytes(entry)
    reach = entryEnd(entry)
    entries[head] = undefined
    head += 1
    // Cutting the array once in a while keeps each drop cheap.
    if (head > 1024 && head * 2 > entries.length) {
      entries = entries.slice(head)
      positions = positions.slice(head)
      head = 0
    }
  }

  /** Index of the first entry that ends after `offset`. */
  const indexOf = (offset: number): number => {
    let low = head
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = entries[middle]
      if (entry !== undefined && entryEnd(entry) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    push: (entry, position) => {
      if (head === entries.length && reach === Number.POSITIVE_INFINITY) reach = entry.previousEnd
      entries.push(entry)
      positions.push(position)
      bytes += storedBytes(entry)
      while (bytes > maxBytes && head < entries.length) dropHead()
    },
    read: (offset, max) => {
      if (offset < reach) return undefined
      const found: SpoolEntry[] = []
      let size = 0
      for (let index = indexOf(offset); index < entries.length && size < max; index += 1) {
        const entry = entries[index]
        if (entry === undefined) break
        found.push(entry)
        size += storedBytes(entry)
      }
      return found
    },
    trim: (offset) => {
      for (let entry = entries[head]; entry !== undefined && entryEnd(entry) <= offset; entry = entries[head])
        dropHead()
      const entry = entries[head]
      const position = positions[head]
      if (entry === undefined || position === undefined || reach > offset) return undefined
      return { entry, position }
    },
  }
}
