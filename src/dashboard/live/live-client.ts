/**
 * What happens now, over MQTT on this server's WebSocket `/mqtt`. It connects again by itself, ever more slowly, and
 * says honestly how it stands. Sluice publishes the time every ten seconds; when that stays away too, the connection
 * is dead however open it looks, and is made anew.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
import { retryDelay } from './retry-delay.ts'

export type LiveState =
  | { readonly kind: 'idle' }
  /** The broker is another program, and pages cannot reach it. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Since when (this machine's clock) nothing comes any more. */
  | { readonly kind: 'lost'; readonly since: number }

export type MessageListener = (topic: string, payload: Uint8Array) => void

export interface Login {
  readonly username: string
  readonly password: string
}

export interface LiveClient {
  readonly state: ReadonlySignal<LiveState>
  /** Connects, or connects anew as somebody else. */
  connect(login: Login | undefined): void
  disconnect(): void
  /** Says that there is nothing to connect to. */
  unavailable(): void
  /** From now on, and after each reconnect. Returns what ends it. */
  subscribe(filter: string, listener: MessageListener): () => void
  /** With QoS 1: resolves to whether the broker took it. False at once when there is no connection. */
  publish(topic: string, payload: string): Promise<boolean>
}

/** One connection, as mqtt-connection.ts makes them. */
export interface Connection {
  subscribe(filters: readonly string[]): void
  unsubscribe(filters: readonly string[]): void
  publish(topic: string, payload: string): Promise<boolean>
  end(): void
}

export interface ConnectionEvents {
  readonly opened: () => void
  readonly message: MessageListener
  /** Once. `refused`: the broker does not know who we say we are. */
  readonly closed: (refused: boolean) => void
}

export interface LiveClientDeps {
  readonly open: (login: Login | undefined, events: ConnectionEvents) => Connection
  readonly clock: () => number
  readonly random: () => number
  readonly refused: () => void
}

const TIME_TOPIC = 'time/now'
const SILENT_MS = 25_000
const LOOK_MS = 5_000

/** Whether a topic is of a filter with `+` levels. */
export const matchesFilter = (filter: string, topic: string): boolean => {
  const levels = topic.split('/')
  const wanted = filter.split('/')
  return wanted.length === levels.length && wanted.every((level, i) => level === '+' || level === levels[i])
}

export const createLiveClient = ({ open, clock, random, refused }: LiveClientDeps): LiveClient => {
  const state = signal<LiveState>({ kind: 'idle' })
  const listeners = new Map<string, Set<MessageListener>>([[TIME_TOPIC, new Set()]])
  let connection: Connection | undefined
  let login: Login | undefined
  let attempt = 0
  let heardAt = 0
  let lostAt: number | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let watch: ReturnType<typeof setInterval> | undefined
  /** Events of connections that were given up are not heeded. */
  let generation = 0

  const giveUp = (): void => {
    generation += 1
    clearTimeout(retry)
    clearInterval(watch)
    connection?.end()
    connection = undefined
  }

  const lose = (): void => {
    giveUp()
    lostAt ??= clock()
    state.value = { kind: 'lost', since: lostAt }
    retry = setTimeout(dial, retryDelay(attempt, random()))
    attempt += 1
  }

  const opened = (): void => {
    attempt = 0
    lostAt = undefined
    state.value = { kind: 'live' }
    connection?.subscribe([...listeners.keys()])
    watch = setInterval(() => {
      if (clock() - heardAt > SILENT_MS) lose()
    }, LOOK_MS)
  }

  const message = (topic: string, payload: Uint8Array): void => {
    heardAt = clock()
    for (const [filter, each] of listeners) {
      if (matchesFilter(filter, topic)) for (const listener of each) listener(topic, payload)
    }
  }

  const dial = (): void => {
    giveUp()
    const mine = generation
    const ifMine = (run: () => void): void => {
      if (mine === generation) run()
    }
    heardAt = clock()
    connection = open(login, {
      opened: () => ifMine(opened),
      message: (topic, payload) => ifMine(() => message(topic, payload)),
      closed: (isRefused) =>
        ifMine(() => {
          lose()
          if (isRefused) refused()
        }),
    })
  }

  return {
    state,
    connect: (as) => {
      login = as
      attempt = 0
      if (state.peek().kind !== 'lost') state.value = { kind: 'connecting' }
      dial()
    },
    disconnect: () => {
      giveUp()
      lostAt = undefined
      state.value = { kind: 'idle' }
    },
    unavailable: () => {
      giveUp()
      state.value = { kind: 'unavailable' }
    },
    subscribe: (filter, listener) => {
      const known = listeners.get(filter)
      if (known === undefined) {
        listeners.set(filter, new Set([listener]))
        if (state.peek().kind === 'live') connection?.subscribe([filter])
      } else known.add(listener)
      return () => {
        const left = listeners.get(filter)
        left?.delete(listener)
        if (left?.size !== 0 || filter === TIME_TOPIC) return
        listeners.delete(filter)
        if (state.peek().kind === 'live') connection?.unsubscribe([filter])
      }
    },
    publish: async (topic, payload) =>
      state.peek().kind === 'live' && connection !== undefined ? connection.publish(topic, payload) : false,
  }
}
