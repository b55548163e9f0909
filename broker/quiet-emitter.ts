/**
 * Routing that costs next to nothing for topics nobody listens to, which is what most sensor topics are: the
 * bridge takes readings in before they are routed, and subscribes to nothing.
 *
 * Aedes' matcher walks a trie for each message. What had no listener is remembered by its topic, until somebody
 * subscribes.
 */
import mqemitter, { type Message, type MQEmitter } from 'mqemitter'
import { createFifo, type Fifo } from './fifo.ts'
import { createSilentTopics } from './silent-topics.ts'

/** What mqemitter keeps for the emitters that extend it. */
interface Inner {
  readonly _matcher: { match(topic: string): readonly unknown[] }
  readonly closed: boolean
  current: number
  _messageQueue: Fifo<Message>
  _messageCallbacks: Fifo<Done>
  _do(message: Message, done: Done): unknown
}

type Done = (error?: Error) => void

export interface QuietEmitter extends MQEmitter {
  /** True when nobody listens to this topic; false also when that is not known. */
  isSilent(topic: string): boolean
  /** True when somebody who is connected listens to this topic; looks it up when that is not known. */
  isHeard(topic: string): boolean
}

/**
 * Delivers one message after the other. mqemitter goes on with the next one that waits from within the end of the last: when
 * thousands wait for a subscriber that was slow, and its connection ends, that is deeper than the stack.
 */
const deliverInALoop = (emitter: MQEmitter & Inner): void => {
  const deliver = emitter._do.bind(emitter)
  const next = createFifo<readonly [message: Message, done: Done]>()
  emitter._messageQueue = createFifo()
  emitter._messageCallbacks = createFifo()
  let isDelivering = false
  emitter._do = (message, done) => {
    next.push([message, done])
    // It counts as under way meanwhile, or what is emitted now would overtake what waits.
    emitter.current += 1
    if (isDelivering) return
    isDelivering = true
    try {
      for (let one = next.shift(); one !== undefined; one = next.shift()) {
        emitter.current -= 1
        deliver(...one)
      }
    } finally {
      isDelivering = false
    }
  }
}

/** The emitter Aedes delivers through; as its own, but it does not look twice for listeners that are not there. */
export const createQuietEmitter = (concurrency: number): QuietEmitter => {
  const emitter = mqemitter({ concurrency, matchEmptyLevels: true }) as MQEmitter & Inner // [MQTT-4.7.1-3]
  deliverInALoop(emitter)
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
