/** Topics nobody listens to, remembered so that they need not be looked up for each message. */

/** Topics remembered; then they are learnt anew. */
const MAX_TOPICS = 20_000
/** Longer ones (MQTT allows 64 KiB) are looked up each time: what is remembered is bounded in bytes as well. */
const MAX_TOPIC_LENGTH = 256

/** The topic of what goes to nobody. No client can name it [MQTT-4.7.3-1], and it is always silent. */
export const NOWHERE = ''

/** Topics known to have no listener. */
export const createSilentTopics = () => {
  const topics = new Set([NOWHERE])
  let generation = 0
  const forget = (): void => {
    topics.clear()
    topics.add(NOWHERE)
  }
  return {
    /** Changes when what was known is forgotten. */
    get generation() {
      return generation
    },
    has: (topic: string): boolean => topics.has(topic),
    add: (topic: string): void => {
      if (topic.length > MAX_TOPIC_LENGTH) return
      if (topics.size >= MAX_TOPICS) forget()
      topics.add(topic)
    },
    clear: (): void => {
      generation += 1
      forget()
    },
  }
}
