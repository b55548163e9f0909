/**
 * One node's part in a cluster: what it keeps is in Redis, what it routes goes to the nodes that listen, and a client
 * is connected to one of them at a time. Without it the broker is alone and knows nothing of any of this.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Aedes, Client } from 'aedes'
import type { Message } from 'mqemitter'
import type { NodeBus } from '../bridge/index.ts'
import { type ClusterEmitter, createClusterEmitter } from './cluster-emitter.ts'
import { CLUSTER_TIMES, type ClusterTimes, createClusterNodes } from './cluster-nodes.ts'
import type { Keep } from './keeping.ts'
import { ALL_NODES, type NodeLink, openNodeLink } from './node-link.ts'
import type { QuietEmitter } from './quiet-emitter.ts'
import { SharedPersistence } from './shared-persistence.ts'
import type { SharedRedis } from './shared-redis.ts'
import { createSharedSessions, type SharedSessions } from './shared-sessions.ts'
import { createSharedWills } from './shared-wills.ts'

export interface ClusterDeps {
  readonly redis: SharedRedis
  /** Topics that each node publishes for its own clients. */
  readonly staysHere?: (topic: string) => boolean
}

export interface ClusterOptions extends ClusterTimes {
  /** A node that was silent for three of these leaves its wills to the others, who look every four. */
  readonly heartbeatMs: number
}

export const CLUSTER_DEFAULTS: ClusterOptions = { ...CLUSTER_TIMES, heartbeatMs: 2_000 }

export interface ClusterStats {
  /** Other nodes heard of. */
  readonly nodes: number
  /** Filters that they listen to. */
  readonly filters: number
  /** Redis messages sent, and those that could not be. */
  readonly sent: number
  /** MQTT messages among them. */
  readonly packets: number
  readonly failed: number
}

export interface Cluster {
  readonly keep: Keep
  readonly bus: NodeBus
  /** Puts the others behind this node's emitter. */
  join(local: QuietEmitter): ClusterEmitter
  /** Resolves when Redis answers, and what the others listen to is known. */
  open(): Promise<void>
  /** Before the broker takes connections. */
  follow(aedes: Aedes): void
  /** The client went to another node. */
  isMoved(client: Client): boolean
  stats(): ClusterStats
  stop(): void
}

/** Its `stop` ends the wait of `open` as well. */
export const createCluster = (
  { redis, staysHere = () => false }: ClusterDeps,
  { nodeId, onError }: { readonly nodeId: string; readonly onError: (error: Error) => void },
  options: ClusterOptions,
): Cluster => {
  const moved = new WeakSet<Client>()
  let emitter: ClusterEmitter | undefined
  let link: NodeLink | undefined
  let clients: Readonly<Record<string, Client>> = {}
  let stopped = false
  let persistence: SharedPersistence | undefined
  let sessions: SharedSessions | undefined
  /** Listeners of the bus from before the start. */
  const early = new Set<() => void>()

  const noteMoved = (clientId: string): Client | undefined => {
    const client = clients[clientId]
    if (client !== undefined) moved.add(client)
    return client
  }

  const disconnect = (client: Client, why: 'elsewhere' | 'stale'): void => {
    if (why === 'elsewhere') {
      moved.add(client)
      // It is not gone, and said so there already.
      Object.assign(client, { will: null })
    }
    client.close()
  }

  const nodes = createClusterNodes(
    {
      nodeId,
      monotonic: () => performance.now(),
      onPacket: (given) => {
        const packet = asPacket(given)
        if (packet.topic.startsWith(SYSTEM) && packet.topic.endsWith(NEW_CLIENT))
          noteMoved(packet.payload.toString())
        emitter?.deliver(packet)
      },
      onKept: (change) => persistence?.learn(change),
      onMissed: async () => persistence?.relearn(),
      onRelease: (clientId) =>
        new Promise((resolve) => {
          const client = noteMoved(clientId)
          if (client === undefined) resolve()
          else client.close(resolve)
        }),
    },
    options,
  )

  const keep: Keep = ({ now, onLimit, isGranted }, bounds) => {
    const { isAlive, keep: tell } = nodes
    const isResumed = (clientId: string): boolean => book.isResumed(clientId)
    const kept = { redis, nodeId, isAlive, tell, onError, onLimit, isGranted, isResumed }
    const shared = new SharedPersistence(kept, bounds)
    persistence = shared
    const drop = (clientId: string): Promise<void> => shared.dropSession(clientId)
    const { commands } = redis
    const wills = createSharedWills(commands)
    const book = createSharedSessions(
      {
        redis: commands,
        nodeId,
        nodes,
        drop,
        reconcileWills: (clients) => wills.reconcile(nodeId, clients),
        disconnect,
        now,
        onError,
        onLimit,
      },
      bounds,
    )
    sessions = book
    return { persistence: shared, book, load: () => book.load([]) }
  }

  /** Those who listen on the channel of all are the nodes; of each the filters have to come. */
  const othersAreKnown = async (): Promise<boolean> => {
    const [, count] = (await redis.commands.call('PUBSUB', 'NUMSUB', ALL_NODES)) as [string, number]
    return nodes.known >= Number(count) - 1
  }

  /** What was said meanwhile was missed, what was written is not there, and nothing is subscribed to. */
  const whenBack = async (): Promise<void> => {
    if (stopped) return
    nodes.reconnected()
    await link?.reached()
    await sessions?.reconcile()
  }

  const open = async (): Promise<void> => {
    while (!redis.available() && !stopped) {
      if (redis.isClosed()) throw new Error('stopped while it waited for Redis')
      await delay(LOOK_MS)
    }
    if (stopped) return
    link = await openNodeLink({ redis, nodeId, onMessage: nodes.receive, onError })
    nodes.start(link)
    redis.onBack(() => void whenBack().catch(onError))
    const until = performance.now() + options.waitMs
    while (!stopped && performance.now() < until && !(await othersAreKnown())) await delay(LOOK_MS)
  }

  return {
    keep,
    join: (local) => {
      emitter = createClusterEmitter({ local, nodes, nodeId, link: () => link, staysHere })
      for (const add of early) add()
      early.clear()
      return emitter
    },
    open,
    follow: (aedes) => {
      clients = (aedes as unknown as { readonly clients: Readonly<Record<string, Client>> }).clients
    },
    isMoved: (client) => moved.has(client),
    bus: {
      tell: (kind, body) => emitter?.elsewhere({ topic: topicOf(kind), payload: body }),
      isHeard: (kind) => nodes.hearers(topicOf(kind)).length > 0,
      listen: (kind, listener) => {
        const receive = (message: Message, done: () => void): void => {
          try {
            listener(String(message.payload))
          } catch (error) {
            onError(new Error(`what a node told of ${kind} cannot be read`, { cause: error }))
          }
          done()
        }
        const add = (): void => void emitter?.on(topicOf(kind), receive)
        if (emitter === undefined) early.add(add)
        else add()
        return () => {
          if (!early.delete(add)) emitter?.removeListener(topicOf(kind), receive)
        }
      },
    },
    stats: () => ({
      nodes: nodes.count,
      filters: nodes.filters,
      sent: link?.sent ?? 0,
      packets: link?.packets ?? 0,
      failed: link?.failed ?? 0,
    }),
    stop: () => {
      stopped = true
      nodes.stop()
    },
  }
}

/** @throws TypeError when it is not an MQTT message */
const asPacket = (given: unknown): Message & { readonly payload: Buffer | string } => {
  const { topic, payload } = Object(given) as { readonly topic?: unknown; readonly payload?: unknown }
  if (typeof topic !== 'string' || !(typeof payload === 'string' || Buffer.isBuffer(payload)))
    throw new TypeError('it has no topic or no payload')
  return given as Message & { readonly payload: Buffer | string }
}

const LOOK_MS = 20
/** No client may publish below it. */
const SYSTEM = '$SYS/'
const NEW_CLIENT = '/new/clients'
/** No client can name a topic with this character [MQTT-1.5.3-2], and none that begins with `$` goes to wildcards. */
const topicOf = (kind: string): string => `$\u0000/${kind}`
