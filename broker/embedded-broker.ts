/**
 * The embedded broker: Aedes with its doors. It knows MQTT and none of our topics: whether and when a message
 * is acked is the injected intake's decision, who may connect and do what the injected policy's. Sessions, retained
 * messages and wills are kept in the LevelDB it is given, so a restart forgets no subscriber.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import type { Clock, Intake, Level, NodeBus, Publisher } from '../bridge/index.ts'
import { type BrokerEmitter, createBrokerEmitter } from './broker-events.ts'
import { createClientLimits } from './client-limits.ts'
import {
  CLUSTER_DEFAULTS,
  type ClusterDeps,
  type ClusterOptions,
  type ClusterStats,
  createCluster,
} from './cluster.ts'
import { createWriteCombiner } from './combine-writes.ts'
import { addressOfStream } from './connect-request.ts'
import { createConnections } from './connections.ts'
import { forwardEvents } from './forward-events.ts'
import { createHooks } from './hooks.ts'
import { keepInLevel } from './keeping.ts'
import { createTcpListener, createTlsListener, createWebSocketDoor } from './listeners.ts'
import type { Matches } from './members.ts'
import { BROKER_DEFAULTS, type BrokerAddress, type BrokerOptions } from './options.ts'
import type { BrokerPolicy } from './policy.ts'
import { createQuietEmitter, type QuietEmitter } from './quiet-emitter.ts'
import { keepRegistry } from './registry.ts'

export interface BrokerDeps {
  /** A LevelDB of its own, closed by its owner after `stop`; or what it shares with other nodes. */
  readonly sessions: Level | ClusterDeps
  /** Absent: everybody may do everything. */
  readonly policy?: BrokerPolicy
  readonly clock?: Clock
}

/** The plain port, and that of MQTT over TLS when there is one. */
export interface BrokerAddresses extends BrokerAddress {
  readonly tls?: BrokerAddress
}

export interface EmbeddedBroker extends Publisher {
  readonly events: BrokerEmitter
  /** Undefined: the broker is alone. */
  readonly cluster: { readonly bus: NodeBus; stats(): ClusterStats } | undefined
  /** Clients connected now. */
  readonly connections: number
  /** Listens. Rejects with node's error when the port is taken or may not be bound. */
  start(intake: Intake): Promise<BrokerAddresses>
  /** Takes over an HTTP upgrade to MQTT over WebSocket, on whatever path its caller serves it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /**
   * What was durable may be lost (the spool was damaged): from now on a QoS 2 message that is sent again is taken in
   * again, though its session knows it.
   */
  distrustSessions(): void
  /** Closes the connections of clients that are no longer who they were; their wills go out. How many it closed. */
  disconnect(matches: Matches): number
  /** The names that sessions are kept for, of clients that are away too. */
  sessionOwners(): Promise<readonly string[]>
  /** Removes what is kept for this name, and frees its client ids. Its connections are to be closed before. */
  dropSessions(owner: string): void
  /** Takes no more connections, closes those there are. Acks not yet due are never sent. */
  stop(): Promise<void>
}

/** The longest timer there is: a CONNECT is waited for by the connect gate, which tells of it. */
const NEVER_MS = 2 ** 31 - 1

/** What is queued for a session is sent in the order of the ids of the brokers that queued it: the order of starts. */
const brokerId = (now: number): string => `${now.toString(36).padStart(9, '0')}-${randomUUID()}`

type PublishOptions = NonNullable<Parameters<Publisher['publish']>[2]>

/** A broker that takes connections only after `start`. */
export const createEmbeddedBroker = (
  { sessions, policy, clock = Date.now }: BrokerDeps,
  overrides: Partial<BrokerOptions> = {},
  clusterOptions: Partial<ClusterOptions> = {},
): EmbeddedBroker => {
  const options = { ...BROKER_DEFAULTS, ...overrides }
  const events = createBrokerEmitter()
  const reportError = (error: Error): void => {
    if (stopping === undefined) events.emit('broker:error', { error })
  }
  const id = brokerId(clock())
  const times = { ...CLUSTER_DEFAULTS, ...clusterOptions }
  const cluster =
    'redis' in sessions ? createCluster(sessions, { nodeId: id, onError: reportError }, times) : undefined
  const keep = 'redis' in sessions ? cluster?.keep : keepInLevel(sessions)
  if (keep === undefined) throw new TypeError('nowhere to keep sessions')
  const hooks = createHooks({ keep, policy, events, now: clock, reportError }, options)
  // What the bridge has to tell before there is a broker to tell it: the newest of each topic.
  const early = new Map<string, { readonly payload: string; readonly options: PublishOptions }>()
  const combineWrites = createWriteCombiner()
  const connections = createConnections(events, options)
  const limits = createClientLimits({ events, subackCodes: hooks.subackCodes }, options)
  let aedes: Aedes | undefined
  let router: QuietEmitter | undefined
  let stopping: Promise<void> | undefined

  const handle = (stream: Duplex, request?: IncomingMessage): void => {
    // A WebSocket may come while the sessions are still being read.
    if (aedes === undefined || router === undefined || stopping !== undefined) return void stream.destroy()
    if (!connections.enter(stream, addressOfStream(stream, request))) return void stream.destroy()
    combineWrites(stream)
    limits.add(aedes.handle(stream, request))
  }
  const tcp = createTcpListener(options, handle, (error) => events.emit('broker:error', { error }))
  const secure = createTlsListener(options.tls, handle, events)
  const webSocket = createWebSocketDoor(options, handle, events)

  const publishNow = (to: Aedes, topic: string, payload: string, options: PublishOptions): void => {
    const { retain = false, qos = 0 } = options
    to.publish({ cmd: 'publish', topic, payload, retain, qos, dup: false }, (error) => {
      if (error) reportError(error)
    })
  }

  const start = async (intake: Intake): Promise<BrokerAddresses> => {
    const local = createQuietEmitter(options.concurrency)
    const emitter = cluster?.join(local) ?? local
    await cluster?.open()
    if (stopping !== undefined) throw new Error('stopped while it waited for Redis')
    aedes = await Aedes.createBroker({
      id,
      mq: emitter,
      ...(cluster && { heartbeatInterval: times.heartbeatMs }),
      concurrency: options.concurrency,
      connectTimeout: NEVER_MS,
      drainTimeout: options.drainTimeoutMs,
      maxInflightInbound: options.maxInflight,
      preConnect: limits.gate.preConnect,
      ...hooks.forAedes(intake, emitter),
    })
    aedes.on('keepaliveTimeout', limits.gate.keepaliveTimeout)
    await hooks.follow(aedes)
    cluster?.follow(aedes)
    keepRegistry(aedes)
    forwardEvents(aedes, events, cluster?.isMoved)
    router = emitter
    for (const [topic, { payload, options: told }] of early) publishNow(aedes, topic, payload, told)
    early.clear()
    const address = await tcp.listen()
    const tls = await secure.listen()
    return tls === undefined ? address : { ...address, tls }
  }

  const stopOnce = async (): Promise<void> => {
    tcp.close()
    secure.close()
    const running = aedes
    if (running !== undefined) await new Promise<void>((resolve) => running.close(() => resolve()))
    cluster?.stop()
    limits.gate.stop()
    await hooks.stop()
  }

  return {
    events,
    cluster,
    get connections() {
      return aedes?.connectedClients ?? 0
    },
    start,
    upgrade: webSocket.upgrade,
    publish: (topic, payload, options = {}) => {
      // After the stop nobody is there to be told, but what is retained is still kept for the next start: the
      // status of boards whose connections the stop ended, say.
      if (stopping !== undefined && options.retain !== true) return
      if (aedes !== undefined) publishNow(aedes, topic, payload, options)
      else if (options.retain === true) early.set(topic, { payload, options })
    },
    // Sessions whose client is away do not count: they are not sent what goes with QoS 0. Who will listen is not
    // known before the start; after the stop nobody does.
    isHeard: (topic) => stopping === undefined && (router === undefined || router.isHeard(topic)),
    distrustSessions: hooks.distrustSessions,
    disconnect: hooks.disconnect,
    sessionOwners: hooks.sessionOwners,
    dropSessions: hooks.dropSessions,
    stop: () => {
      stopping ??= stopOnce()
      return stopping
    },
  }
}
