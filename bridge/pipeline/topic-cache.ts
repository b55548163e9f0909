/**
 * Parsed topics by their text. A board publishes to the same few topics for ever; parsing once spares the work,
 * and hands every later message the same id text, which the maps behind it then find by identity.
 */
import { type DeviceTopic, parseTopic } from '../core/topic.ts'

/** Topics remembered; then they are parsed anew. */
const MAX_TOPICS = 20_000
/** Longer ones are parsed each time. An id has at most 100 characters, so no good topic of ours is. */
const MAX_TOPIC_LENGTH = 256

const NONE = null

/** `parseTopic` with a memory. */
export const createTopicCache = (): ((topic: string) => DeviceTopic | undefined) => {
  const known = new Map<string, DeviceTopic | typeof NONE>()
  return (topic) => {
    const found = known.get(topic)
    if (found !== undefined) return found ?? undefined
    const parsed = parseTopic(topic)
    if (topic.length > MAX_TOPIC_LENGTH) return parsed
    if (known.size >= MAX_TOPICS) known.clear()
    known.set(topic, parsed ?? NONE)
    return parsed
  }
}
