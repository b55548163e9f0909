/**
 * Routing that costs next to nothing for topics nobody listens to, which is what most sensor topics are: the
 * bridge takes readings in before they are routed, and subscribes to nothing.
 *
 * Both of Aedes' matchers walk a trie for each message. What had no listener is remembered by its topic, until
 * somebody subscribes.
 */
import type { Readable } from 'node:stream'
import type { Client } from 'aedes'
import AsyncLevelPersistence from 'aedes-persistence-level/asyncPersistence.js'
import mqemitter, { type Message, type MQEmitter } from 'mqemitter'

/** Topics remembered; then they are learnt anew. */
const MAX_TOPICS = 20_000
/** Longer ones (MQTT allows 64 KiB) are looked up each time: what is remembered is bounded in bytes as well. */
const MAX_TOPIC_LENGTH = 256

/** Topics known to have no listener. */
const createSilentTopics = () => {
  const topics = new Set<string>()
  let generation = 0
  return {
    /** Changes when what was known is forgotten. */
    get generation() {
      return generation
    },
    has: (topic: string): boolean => topics.has(topic),
    add: (topic: string): void => {
      if (topic.length > MAX_TOPIC_LENGTH) return
      if (topics.size >= MAX_TOPICS) topics.clear()
      topics.add(topic)
    },
    clear: (): void => {
      generation += 1
      topics.clear()
    },
  }
}

/** What mqemitter keeps for the emitters that extend it. */
interface Inner {
  readonly _matcher: { match(topic: string): readonly unknown[] }
  readonly closed: boolean
}

export interface QuietEmitter extends MQEmitter {
  /** True when nobody listens to this topic; false also when that is not known. */
  isSilent(topic: string): boolean
  /** True when somebody who is connected listens to this topic; looks it up when that is not known. */
  isHeard(topic: string): boolean
}

/** The emitter Aedes delivers through; as its own, but it does not look twice for listeners that are not there. */
export const createQuietEmitter = (concurrency: number): QuietEmitter => {
  const emitter = mqemitter({ concurrency, matchEmptyLevels: true }) as MQEmitter & Inner // [MQTT-4.7.1-3]
  const silent = createSilentTopics()
  // Of their own: a topic asked after is never emitted while it is silent, and would only push out those that are.
  const asked = createSilentTopics()
  const emit = emitter.emit.bind(emitter)
  const on = emitter.on.bind(emitter)
  const hasListener = (topic: string): boolean => emitter._matcher.match(topic).length > 0

  return Object.assign(emitter, {
    isSilent: silent.has,
    isHeard: (topic: string) => {
      if (silent.has(topic) || asked.has(topic)) return false
      if (hasListener(topic)) return true
      asked.add(topic)
      return false
    },
    on: (...args: Parameters<typeof on>) => {
      silent.clear()
      asked.clear()
      return on(...args)
    },
    emit: (message: Message, done?: (error?: Error) => void) => {
      const { topic } = message
      if (silent.has(topic) && !emitter.closed) return done?.()
      if (!hasListener(topic)) silent.add(topic)
      emit(message, done)
    },
  })
}

const NO_SUBSCRIPTIONS: Promise<readonly object[]> = Promise.resolve([])
const NOTHING_QUEUED: Promise<unknown> = Promise.resolve()

/** Sessions in LevelDB, with the offline subscribers of a topic looked up once while there are none. */
export class QuietPersistence extends AsyncLevelPersistence {
  readonly #silent = createSilentTopics()
  readonly #onError: (error: Error) => void

  /** `onError`: what is retained could not be read for a new subscriber. */
  constructor(db: object, onError: (error: Error) => void) {
    super(db)
    this.#onError = onError
  }

  /** True when no session, connected or not, subscribes to this topic; false also when that is not known. */
  isSilent(topic: string): boolean {
    return this.#silent.has(topic)
  }

  /** Aedes listens for no error of this stream, and would end the process over a store that is being closed. */
  override createRetainedStreamCombi(patterns: readonly string[]): Readable {
    return super.createRetainedStreamCombi(patterns).on('error', this.#onError)
  }

  override addSubscriptions(client: Client, subscriptions: readonly object[]): Promise<void> {
    this.#silent.clear()
    return super.addSubscriptions(client, subscriptions)
  }

  override subscriptionsByTopic(topic: string): Promise<readonly object[]> {
    if (this.#silent.has(topic)) return NO_SUBSCRIPTIONS
    return this.#lookUp(topic)
  }

  override outgoingEnqueueCombi(subscriptions: readonly object[], packet: object): Promise<unknown> {
    if (subscriptions.length === 0) return NOTHING_QUEUED
    return super.outgoingEnqueueCombi(subscriptions, packet)
  }

  async #lookUp(topic: string): Promise<readonly object[]> {
    const { generation } = this.#silent
    const found = await super.subscriptionsByTopic(topic)
    // Somebody may have subscribed while this was on its way.
    if (found.length === 0 && generation === this.#silent.generation) this.#silent.add(topic)
    return found
  }
}
