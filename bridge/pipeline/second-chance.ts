/**
 * Which entries of a bounded map go. An exact LRU moves an entry at every use; here a use only sets a flag, and
 * the one who makes room gives each flagged entry a second chance: it goes to the back of the queue, unflagged.
 */
export interface Evictable {
  touched: boolean
}

/**
 * Removes entries, those longest unused first, until `enough()` or nothing more may go.
 *
 * @param mayGo false for an entry that has to stay
 */
export const evictUnused = <K, V extends Evictable>(
  entries: Map<K, V>,
  enough: () => boolean,
  mayGo: (entry: V) => boolean,
  onEvicted: (entry: V) => void = () => {},
): void => {
  // Twice round: the first round may only take the flags away.
  let looks = entries.size * 2
  for (const [key, entry] of entries) {
    if (looks === 0 || enough()) return
    looks -= 1
    entries.delete(key)
    if (entry.touched || !mayGo(entry)) {
      entry.touched = false
      entries.set(key, entry)
    } else {
      onEvicted(entry)
    }
  }
}
