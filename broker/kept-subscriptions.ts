/**
 * What the kept sessions of all nodes subscribe to, as far as messages are queued for it, in one trie in memory: a
 * message is queued by the node that took it in. It is read from Redis at the start, changed by what each node tells,
 * and read anew whenever something of that may have been missed.
 */
import { createFilterTrie } from './filter-trie.ts'
import type { Queueable } from './queue-rules.ts'
import { createSilentTopics } from './silent-topics.ts'

/** What changed of one client's kept subscriptions, as nodes tell each other when it is in Redis. */
export interface KeptChange {
  readonly clientId: string
  readonly added: readonly { readonly topic: string; readonly qos: number }[]
  readonly removed: readonly string[]
}

export interface KeptSubscriptions {
  /** May come twice, and for what was read already. */
  change(change: KeptChange): void
  /** Reads all of them; when it is being read, once more after that. Rejects when that failed: what was known stays. */
  load(): Promise<void>
  match(topic: string): readonly Queueable[]
  /** True when it is known that nobody subscribes to this topic. */
  isSilent(topic: string): boolean
}

export interface KeptSubscriptionsDeps {
  readonly clientIds: () => Promise<readonly string[]>
  readonly ofClient: (clientId: string) => Promise<KeptChange['added']>
}

/** Clients asked for side by side. */
const PAGE = 500
const NONE: readonly Queueable[] = []

const createTable = () => {
  const trie = createFilterTrie<Queueable>()
  const clients = new Map<string, Map<string, Queueable>>()

  const remove = (clientId: string, topic: string): void => {
    const filters = clients.get(clientId)
    const known = filters?.get(topic)
    if (filters === undefined || known === undefined) return
    filters.delete(topic)
    if (filters.size === 0) clients.delete(clientId)
    trie.remove(topic, known)
  }

  return {
    match: (topic: string) => trie.match(topic),
    change: ({ clientId, added, removed }: KeptChange): void => {
      for (const topic of removed) remove(clientId, topic)
      for (const { topic, qos } of added) {
        remove(clientId, topic)
        // What goes with QoS 0 is not queued.
        if (qos === 0) continue
        const filters = clients.get(clientId) ?? new Map<string, Queueable>()
        clients.set(clientId, filters)
        const subscription = { clientId, topic, qos }
        filters.set(topic, subscription)
        trie.add(topic, subscription)
      }
    },
  }
}

/** Knows nothing before `load`. */
export const createKeptSubscriptions = ({
  clientIds,
  ofClient,
}: KeptSubscriptionsDeps): KeptSubscriptions => {
  const silent = createSilentTopics()
  let table = createTable()
  let loading: Promise<void> | undefined
  let following: Promise<void> | undefined
  /** What was told while it is being read: whether it was read with it, nobody knows. */
  const meanwhile: KeptChange[] = []

  const read = async (): Promise<void> => {
    meanwhile.length = 0
    const fresh = createTable()
    const ids = await clientIds()
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = ids.slice(at, at + PAGE)
      const found = await Promise.all(page.map(ofClient))
      for (const [index, clientId] of page.entries())
        fresh.change({ clientId, added: found[index] ?? [], removed: [] })
    }
    for (const change of meanwhile) fresh.change(change)
    table = fresh
    silent.clear()
  }

  const begin = (): Promise<void> => {
    loading = read().finally(() => {
      loading = undefined
      meanwhile.length = 0
    })
    return loading
  }

  return {
    change: (change) => {
      table.change(change)
      silent.clear()
      if (loading !== undefined) meanwhile.push(change)
    },
    load: () => {
      if (loading === undefined) return begin()
      // What is under way may have passed what was missed.
      following ??= loading.then(begin, begin).finally(() => {
        following = undefined
      })
      return following
    },
    match: (topic) => {
      if (silent.has(topic)) return NONE
      const found = table.match(topic)
      if (found.length === 0) silent.add(topic)
      return found
    },
    isSilent: silent.has,
  }
}
