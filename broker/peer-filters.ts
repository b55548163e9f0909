/**
 * What the other nodes listen to: their filters in one trie, so that one look tells who is to be sent a message. What
 * nobody elsewhere listens to, nearly all sensor topics, is remembered by its topic until a filter changes.
 *
 * A node whose filters are not known (it has just come, or messages of it were missed) hears everything.
 */
import { createFilterTrie } from './filter-trie.ts'
import { createSilentTopics } from './silent-topics.ts'

export interface PeerFilters {
  /** The nodes that hear this topic. */
  hearers(topic: string): readonly string[]
  /** These are all filters of a node. */
  replace(nodeId: string, filters: readonly string[]): void
  change(nodeId: string, added: readonly string[], removed: readonly string[]): void
  /** Nothing is known of a node's filters: until `replace` it hears everything. */
  unknown(nodeId: string): void
  /** The node is gone. */
  forget(nodeId: string): void
  readonly size: number
}

const NOBODY: readonly string[] = []

/** No other nodes. */
export const createPeerFilters = (): PeerFilters => {
  const trie = createFilterTrie<string>()
  const filtersOf = new Map<string, Set<string>>()
  const unknown = new Set<string>()
  const silent = createSilentTopics()

  const clear = (nodeId: string): void => {
    for (const filter of filtersOf.get(nodeId) ?? []) trie.remove(filter, nodeId)
    filtersOf.delete(nodeId)
    unknown.delete(nodeId)
    silent.clear()
  }

  const change = (nodeId: string, added: readonly string[], removed: readonly string[]): void => {
    const filters = filtersOf.get(nodeId) ?? new Set<string>()
    filtersOf.set(nodeId, filters)
    for (const filter of removed) if (filters.delete(filter)) trie.remove(filter, nodeId)
    for (const filter of added) {
      if (filters.has(filter)) continue
      filters.add(filter)
      trie.add(filter, nodeId)
    }
    silent.clear()
  }

  return {
    hearers: (topic) => {
      if (filtersOf.size === 0 || silent.has(topic)) return NOBODY
      const found = trie.match(topic)
      if (found.length === 0 && unknown.size === 0) {
        silent.add(topic)
        return NOBODY
      }
      return [...new Set([...unknown, ...found])]
    },
    replace: (nodeId, filters) => {
      clear(nodeId)
      change(nodeId, filters, [])
    },
    change,
    unknown: (nodeId) => {
      clear(nodeId)
      filtersOf.set(nodeId, new Set())
      unknown.add(nodeId)
    },
    forget: clear,
    get size() {
      let size = 0
      for (const filters of filtersOf.values()) size += filters.size
      return size
    },
  }
}
