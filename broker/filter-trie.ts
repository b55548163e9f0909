/** What stands under topic filters, and is found by a topic that they match: one look, however many there are. */
import mqemitter, { type MQEmitter } from 'mqemitter'

export interface FilterTrie<Value> {
  add(filter: string, value: Value): void
  /** The very value that was added. */
  remove(filter: string, value: Value): void
  /** Once for each filter that matches. */
  match(topic: string): readonly Value[]
}

/** An empty one: the trie that mqemitter has for its listeners, which takes any value. */
export const createFilterTrie = <Value>(): FilterTrie<Value> => {
  const emitter = mqemitter({ matchEmptyLevels: true }) // [MQTT-4.7.1-3]
  return (emitter as MQEmitter & { readonly _matcher: FilterTrie<Value> })._matcher
}
