/**
 * Bridge, broker and facade, put together on stores that run. Parts start in the order of the list and stop in
 * reverse: first no more connections, then the spool is drained, then the stores close.
 */
import { BridgeError, createBridgeEmitter } from '../bridge/index.ts'
import type { BrokerAddress, BrokerAddresses } from '../broker/index.ts'
import { createAckLatency } from './ack-latency.ts'
import type { Addresses } from './addresses.ts'
import { createBalanceWatch } from './balance-watch.ts'
import type { AccessParts } from './build-access.ts'
import { buildBridge, type Wrap } from './build-bridge.ts'
import { buildFacade } from './build-facade.ts'
import type { TlsParts } from './build-tls.ts'
import type { Config } from './config.ts'
import type { Database } from './database.ts'
import type { Addresses as HttpAddresses } from './facade/index.ts'
import { createLifecycle } from './lifecycle.ts'
import type { Log, limitRate } from './logging.ts'
import type { MessageBroker } from './message-broker.ts'
import { reportEvents } from './report.ts'
import { reportExternal } from './report-external.ts'
import { checkStart } from './start-check.ts'
import { createThroughput } from './throughput.ts'

const urlOf = (scheme: string, { host, port }: BrokerAddress): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`

const mqttUrls = (
  ports: BrokerAddresses | undefined,
  { external }: MessageBroker,
): Pick<Addresses, 'mqtt' | 'mqtts' | 'broker'> => ({
  ...(ports === undefined ? {} : { mqtt: urlOf('mqtt', ports) }),
  ...(ports?.tls === undefined ? {} : { mqtts: urlOf('mqtts', ports.tls) }),
  ...(external === undefined ? {} : { broker: external.address }),
})

/** `secure` is the TLS port, if there is one; which of the two failed is in node's error. */
const listenError = (cause: unknown, plain: BrokerAddress, secure?: BrokerAddress): BridgeError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  const failed = cause instanceof Error && 'port' in cause ? cause.port : plain.port
  const isSecure = secure !== undefined && failed === secure.port && failed !== plain.port
  const { host, port } = isSecure ? secure : plain
  const setting = isSecure ? 'MQTT_TLS_PORT' : 'MQTT_PORT'
  const remedy =
    code === 'EADDRINUSE'
      ? `is in use: stop the other program (a Mosquitto?) or set ${setting}`
      : code === 'EACCES'
        ? `may not be bound by this user: set ${setting} to 1024 or above`
        : `cannot be bound (${code}): set HOST or ${setting}`
  return new BridgeError(
    'LISTEN_FAILED',
    `${isSecure ? 'MQTT TLS' : 'MQTT'} port ${port} on ${host} ${remedy}`,
    { cause },
  )
}

interface Assembly {
  readonly version: string
  readonly config: Config
  readonly log: Log
  readonly limited: ReturnType<typeof limitRate>
  readonly database: Database | undefined
  readonly broker: MessageBroker
  readonly access: AccessParts
  /** Undefined: no TLS. */
  readonly tls: TlsParts | undefined
  readonly wrap: Wrap
}

/** The parts of a program; nothing runs before `lifecycle.start()`. */
export const assemble = (assembly: Assembly) => {
  const { version, config, log, limited, database, broker, access, tls, wrap } = assembly
  const events = createBridgeEmitter()
  let mqtt: Pick<Addresses, 'mqtt' | 'mqtts' | 'broker'> | undefined
  let http: HttpAddresses | undefined
  const addresses = (): Addresses | undefined =>
    mqtt &&
    http && {
      http: urlOf('http', http),
      ...mqtt,
      ...(http.https === undefined ? {} : { https: urlOf('https', http.https) }),
    }
  const parts = buildBridge({
    version,
    config,
    log,
    database,
    publisher: broker,
    bus: broker.cluster?.bus,
    events,
    wrap,
  })
  const { bridge, redis, recordings, recognition } = parts
  const acks = createAckLatency({ monotonic: () => performance.now() })
  const throughput = createThroughput({ events, monotonic: () => performance.now() })
  const watch = createBalanceWatch({ balance: bridge.balance.total, log })
  const facade = buildFacade({
    ...parts,
    version,
    config,
    limited,
    database,
    broker,
    events,
    acks,
    throughput,
    tls,
    access,
    addresses,
  })
  facade.onUpgrade('/mqtt', broker.upgrade)
  broker.events.on('client:connected', ({ clientId }) => bridge.clientConnected(clientId))
  broker.events.on('client:disconnected', ({ clientId, moved }) =>
    moved === true ? bridge.clientMoved(clientId) : bridge.clientGone(clientId),
  )
  broker.events.on('client:subscribed', ({ topics }) => bridge.subscribed(topics))
  events.on('spool:damaged', broker.distrustSessions)
  broker.events.on('publish:denied', ({ identity, topic }) => {
    if (identity.role !== 'device') return
    const told = { reason: 'forbidden', detail: 'this device may not publish to this topic', topic }
    broker.publish(`errors/${identity.name}`, JSON.stringify(told))
  })
  reportEvents({ log, limited, bridge: events, broker: broker.events })
  if (broker.external !== undefined) reportExternal({ log, limited, events: broker.external.events })

  const listen = async (): Promise<void> => {
    try {
      mqtt = mqttUrls(await broker.start(throughput.intake(acks.intake(bridge.intake))), broker)
    } catch (error) {
      throw listenError(error, config.mqtt, tls?.mqtts.wanted)
    }
  }
  const serve = async (): Promise<void> => {
    http = await facade.start()
  }

  const anyCredential = config.useDb ? access.anyCredential : undefined
  const lifecycle = createLifecycle([
    { name: 'TLS', start: async () => tls?.context.start(), stop: async () => tls?.context.stop() },
    { name: 'Redis', start: async () => redis?.start(), stop: async () => redis?.close() },
    { name: 'database', start: async () => database?.start(), stop: async () => database?.stop() },
    { name: 'start check', start: () => checkStart({ config, log, anyCredential }) },
    {
      name: 'credentials',
      start: () => access.follow({ broker, facade, devices: bridge.devices }),
      stop: access.stop,
    },
    // The bridge has something to tell until it has stopped.
    { name: 'MQTT connection', stop: async () => broker.close?.() },
    { name: 'bridge', start: bridge.start, stop: bridge.stop },
    { name: 'balance', start: watch.start, stop: watch.stop },
    { name: 'recordings', start: recordings.start, stop: recordings.stop },
    { name: 'recognition', start: recognition.start, stop: recognition.stop },
    { name: 'HTTP', start: serve, stop: facade.stop },
    { name: 'MQTT', start: listen, stop: broker.stop },
    { name: 'intake', stop: bridge.quiesce },
  ])
  return { lifecycle, addresses }
}
