/**
 * How nodes reach each other: mqemitter-redis, with one channel for all nodes and one for each. A node subscribes to
 * these two only, so Redis neither matches patterns nor carries what its node does not hear.
 */
import { setTimeout as delay } from 'node:timers/promises'
import mqemitterRedis from 'mqemitter-redis'
import { type SharedRedis, unattended } from './shared-redis.ts'

/** A message between nodes. `packet` is an MQTT message; all else is of the nodes' own protocol. */
export interface NodeMessage {
  readonly from: string
  readonly type: string
  readonly [field: string]: unknown
}

export interface NodeLink {
  /** Subscribes anew, as after a reconnect; resolves when what others tell is heard here. */
  reached(): Promise<void>
  /** Fire and forget: what cannot be sent is counted. */
  toAll(message: NodeMessage): void
  to(nodeId: string, message: NodeMessage): void
  readonly sent: number
  /** MQTT messages among them. */
  readonly packets: number
  readonly failed: number
}

export interface NodeLinkDeps {
  readonly redis: SharedRedis
  readonly nodeId: string
  readonly onMessage: (message: NodeMessage) => void
  readonly onError: (error: Error) => void
}

/** The channel of all nodes. */
export const ALL_NODES = 'sluice/nodes'
const channelOf = (nodeId: string): string => `sluice/node/${nodeId}`

interface Subscriber {
  subscribe(...channels: readonly string[]): Promise<unknown>
}

const AGAIN_MS = 100

const unreadable = (cause: unknown): Error => new Error('a message between nodes cannot be read', { cause })

/** @throws TypeError when it is not a message of a node */
const asMessage = (message: Readonly<Record<string, unknown>>): NodeMessage => {
  if (typeof message.from !== 'string' || typeof message.type !== 'string')
    throw new TypeError('it has no sender or no type')
  return message as unknown as NodeMessage
}

/** The same connection, whose listeners may throw: the emitter's do when they cannot read what comes. */
const guarded = <Client extends object>(client: Client, onError: (error: unknown) => void): Client =>
  new Proxy(client, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'on' || typeof value !== 'function') return value
      return (event: string, listener: (...args: unknown[]) => void): unknown =>
        value(event, (...args: unknown[]) => {
          try {
            listener(...args)
          } catch (error) {
            onError(error)
          }
        })
    },
  })

interface State {
  readonly state: { on(event: 'error', listener: (error: Error) => void): void }
}

/** Resolves when this node is reached by others. */
export const openNodeLink = async ({
  redis,
  nodeId,
  onMessage,
  onError,
}: NodeLinkDeps): Promise<NodeLink> => {
  const emitter = mqemitterRedis({
    subConn: guarded(unattended(redis.listener), (error) => onError(unreadable(error))) as never,
    pubConn: unattended(redis.publisher) as never,
    // Each message has one receiver or is of no weight: nothing comes twice.
    maxLRUCache: 1_000,
  })
  // The connections belong to somebody else, who tells of their state.
  ;(emitter as unknown as State).state.on('error', () => undefined)
  let sent = 0
  let packets = 0
  let failed = 0

  const receive = (message: Readonly<Record<string, unknown>>, done: () => void): void => {
    try {
      if (message.from !== nodeId) onMessage(asMessage(message))
    } catch (error) {
      onError(unreadable(error))
    }
    done()
  }
  const settled = (error?: Error): void => {
    if (!error) return
    failed += 1
    onError(error)
  }
  const send = (topic: string, message: NodeMessage): void => {
    sent += 1
    if (message.type === 'packet') packets += 1
    // Told of once, by whoever has the connections.
    if (!redis.available()) {
      failed += 1
      return
    }
    emitter.emit({ ...message, topic }, settled)
  }
  const listen = (topic: string): Promise<void> =>
    new Promise((resolve) => void emitter.on(topic, receive, resolve))

  /** The emitter does not say when it failed to subscribe; a second time does no harm. */
  const reached = async (): Promise<void> => {
    while (!redis.isClosed()) {
      try {
        await (redis.listener as Subscriber).subscribe(ALL_NODES, channelOf(nodeId))
        return
      } catch (error) {
        onError(error as Error)
        await delay(AGAIN_MS)
      }
    }
  }

  await Promise.all([listen(ALL_NODES), listen(channelOf(nodeId))])
  await reached()
  return {
    reached,
    toAll: (message) => send(ALL_NODES, message),
    to: (id, message) => send(channelOf(id), message),
    get sent() {
      return sent
    },
    get packets() {
      return packets
    },
    get failed() {
      return failed
    },
  }
}
