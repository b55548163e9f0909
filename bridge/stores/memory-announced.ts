import type { Announced, AnnouncedStore } from '../core/home-assistant.ts'

/** What was announced to Home Assistant, for as long as this process lives. */
export const createMemoryAnnounced = (): AnnouncedStore => {
  const known = new Map<string, Announced>()
  return {
    load: async () => [...known.values()],
    note: async (changes) => {
      for (const change of changes) {
        if ('gone' in change) known.delete(change.topic)
        else known.set(change.topic, change)
      }
    },
    clear: async () => known.clear(),
  }
}
