/** The MQTT side of the program: the embedded broker, or an external one that the bridge is a client of. */
import { BIRTH_TOPIC, type Intake, type Level, type Publisher } from '../bridge/index.ts'
import {
  type BrokerAddresses,
  type BrokerPolicy,
  type ClusterDeps,
  createBrokerEmitter,
  createEmbeddedBroker,
  type EmbeddedBroker,
} from '../broker/index.ts'
import { createExternalBroker, type ExternalBroker, readBrokerUrl } from '../mosquitto-compat/index.ts'
import { brokerClientId } from './broker-client-id.ts'
import type { TlsParts } from './build-tls.ts'
import type { Config } from './config.ts'

/** What the program needs of a broker, whichever it is; of the clients of an external one nobody tells. */
export interface MessageBroker
  extends Publisher,
    Pick<
      EmbeddedBroker,
      | 'events'
      | 'connections'
      | 'upgrade'
      | 'distrustSessions'
      | 'disconnect'
      | 'sessionOwners'
      | 'dropSessions'
      | 'stop'
    > {
  /** Resolves with the ports that it opened; undefined: none. */
  start(intake: Intake): Promise<BrokerAddresses | undefined>
  /** Absent: after `stop` nothing is left to close. */
  close?(): Promise<void>
  /** Absent: this is the only node. */
  readonly cluster?: EmbeddedBroker['cluster']
  /** Absent: the broker is embedded. */
  readonly external?: ExternalBroker
}

export interface MessageBrokerDeps {
  readonly config: Config
  readonly sessions: Level
  /** In place of `sessions` where several nodes share them. */
  readonly sharing: ClusterDeps | undefined
  readonly policy: BrokerPolicy
  readonly tls: TlsParts | undefined
}

const asMessageBroker = (external: ExternalBroker): MessageBroker => ({
  events: createBrokerEmitter(),
  connections: 0,
  external,
  start: async (intake) => {
    await external.start(intake)
    return undefined
  },
  publish: external.publish,
  isHeard: external.isHeard,
  upgrade: external.upgrade,
  stop: external.stop,
  close: external.close,
  // Its sessions are its own: a message without an ack comes again in any case, one with an ack never.
  distrustSessions: () => undefined,
  // Who may connect to it is for the external broker to say.
  disconnect: () => 0,
  sessionOwners: async () => [],
  dropSessions: () => undefined,
})

/** Where Home Assistant tells that it has started. */
const birthTopics = ({ homeAssistant: { announces, prefix } }: Config): readonly string[] =>
  announces ? [...new Set([BIRTH_TOPIC, `${prefix}/status`])] : []

/** The broker of these settings, not started. DATA_DIR must be there. */
export const buildBroker = async (deps: MessageBrokerDeps): Promise<MessageBroker> => {
  const { config, sessions, sharing, policy, tls } = deps
  if (config.broker === undefined)
    return createEmbeddedBroker(
      { sessions: sharing ?? sessions, policy },
      { ...config.mqtt, ...config.limits, tls: tls?.mqtts },
    )
  const { url, protocol, caPath } = config.broker
  const { shown: address } = readBrokerUrl(url)
  const { clientId, isKnown, remember } = await brokerClientId(config.dataDir, {
    given: config.broker.clientId,
    address,
  })
  const external = createExternalBroker(
    { monotonic: () => performance.now(), random: Math.random, expectsSession: isKnown },
    {
      ...{ url, protocol, caPath, clientId, maxPacketBytes: config.limits.maxPacketBytes },
      alsoTopics: birthTopics(config),
    },
  )
  // Where it cannot be written, a session that is lost before the next start is not told: nothing else.
  external.events.once('connected', () => void remember().catch(() => undefined))
  return asMessageBroker(external)
}
