/**
 * The embedded broker: Aedes with its doors. It knows MQTT and none of our topics: whether and when a message
 * is acked is the injected intake's decision. Sessions, retained messages and wills are kept in the LevelDB it
 * is given, so a restart forgets no subscriber.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Aedes, type Client, type PublishPacket } from 'aedes'
import type { Intake, Publisher } from '../bridge/index.ts'
import { type BrokerEmitter, createBrokerEmitter } from './broker-events.ts'
import { createWriteCombiner } from './combine-writes.ts'
import { forwardEvents } from './forward-events.ts'
import { createTcpListener, createTlsListener, createWebSocketDoor } from './listeners.ts'
import { BROKER_DEFAULTS, type BrokerAddress, type BrokerOptions } from './options.ts'
import { createPacketLimit } from './packet-limit.ts'
import { createPublishHook } from './publish-hook.ts'
import { createQuietEmitter, type QuietEmitter, QuietPersistence } from './quiet-routing.ts'
import { createReadPace } from './read-pace.ts'

/** The plain port, and that of MQTT over TLS when there is one. */
export interface BrokerAddresses extends BrokerAddress {
  readonly tls?: BrokerAddress
}

export interface EmbeddedBroker extends Publisher {
  readonly events: BrokerEmitter
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
  /** Takes no more connections, closes those there are. Acks not yet due are never sent. */
  stop(): Promise<void>
}

type PublishOptions = NonNullable<Parameters<Publisher['publish']>[2]>

/**
 * A broker on an open LevelDB of its own (`sessions`, closed by its owner after `stop`).
 * It takes connections only after `start`.
 */
export const createEmbeddedBroker = (
  { sessions }: { readonly sessions: object },
  overrides: Partial<BrokerOptions> = {},
): EmbeddedBroker => {
  const options = { ...BROKER_DEFAULTS, ...overrides }
  const events = createBrokerEmitter()
  const reportError = (error: Error): void => {
    if (stopping === undefined) events.emit('broker:error', { error })
  }
  const persistence = new QuietPersistence(sessions, reportError)
  // What the bridge has to tell before there is a broker to tell it: the newest of each topic.
  const early = new Map<string, { readonly payload: string; readonly options: PublishOptions }>()
  const combineWrites = createWriteCombiner()
  const limitPackets = createPacketLimit(options)
  const readPace = createReadPace(options)
  let aedes: Aedes | undefined
  let router: QuietEmitter | undefined
  let stopping: Promise<void> | undefined
  let sessionsAreTrusted = true

  const handle = (stream: Duplex, request?: IncomingMessage): void => {
    if (aedes === undefined || stopping !== undefined) return void stream.destroy()
    combineWrites(stream)
    const client = aedes.handle(stream, request)
    limitPackets(client)
    readPace.add(client)
  }
  const tcp = createTcpListener(options, handle, (error) => events.emit('broker:error', { error }))
  const secure = createTlsListener(options.tls, handle, events)
  const webSocket = createWebSocketDoor(options, handle)

  const publishNow = (to: Aedes, topic: string, payload: string, options: PublishOptions): void => {
    const { retain = false, qos = 0 } = options
    to.publish({ cmd: 'publish', topic, payload, retain, qos, dup: false }, (error) => {
      if (error) reportError(error)
    })
  }

  const start = async (intake: Intake): Promise<BrokerAddresses> => {
    const storedPacket = async (
      client: Client,
      packet: PublishPacket,
    ): Promise<PublishPacket | undefined> => {
      if (!sessionsAreTrusted) return undefined
      return await persistence.incomingGetPacket(client, packet).then(
        (stored) => stored as PublishPacket,
        () => undefined,
      )
    }
    const emitter = createQuietEmitter(options.concurrency)
    const isSilent = (topic: string): boolean => emitter.isSilent(topic) && persistence.isSilent(topic)
    aedes = await Aedes.createBroker({
      persistence,
      mq: emitter,
      concurrency: options.concurrency,
      connectTimeout: options.connectTimeoutMs,
      drainTimeout: options.drainTimeoutMs,
      authorizePublish: createPublishHook({ intake, events, storedPacket, isSilent }),
    })
    router = emitter
    forwardEvents(aedes, events)
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
  }

  return {
    events,
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
    distrustSessions: () => {
      sessionsAreTrusted = false
    },
    stop: () => {
      stopping ??= stopOnce()
      return stopping
    },
  }
}
