/** How much clients may ask of the program: settings of their own, each a bound that is counted when it is met. */
import type { z } from 'zod'
import type { Config } from './config.ts'
import { size, whole } from './setting-values.ts'

const MOST = 1_000_000_000
const DAY_MS = 86_400_000

/** MQTT's own bounds of a packet, a topic and a keepalive (3.1.1, sections 2.2.3, 1.5.3 and 3.1.2.10). */
const MQTT = { packetBytes: 268_435_455, topicBytes: 65_535, keepaliveS: 65_535 } as const

export const LIMIT_SETTINGS = {
  MAX_CONNECTIONS: whole(1, MOST, 'MQTT clients').default(10_000),
  MAX_CONNECTIONS_PER_ADDRESS: whole(1, MOST, 'MQTT clients').default(1000),
  CONNECT_RATE: whole(1, MOST, 'CONNECTs per second').default(200),
  CONNECT_TIMEOUT_MS: whole(100, 600_000, 'milliseconds').default(10_000),
  PUBLISH_RATE: whole(0, MOST, 'messages per second; 0 is no bound').default(1000),
  MAX_PACKET_BYTES: size(1024, MQTT.packetBytes).default(21 * 2 ** 20),
  MAX_TOPIC_BYTES: whole(16, MQTT.topicBytes, 'bytes').default(512),
  MAX_TOPIC_LEVELS: whole(3, MQTT.topicBytes, 'levels').default(16),
  MAX_SUBSCRIPTIONS: whole(1, MOST, 'of one client').default(100),
  MAX_INFLIGHT: whole(1, 65_535, 'messages of one client').default(1000),
  MAX_KEEPALIVE_S: whole(1, MQTT.keepaliveS, 'seconds').default(3600),
  MAX_RETAINED: whole(0, MOST, 'messages').default(100_000),
  MAX_RETAINED_BYTES: size(0).default(64 * 2 ** 20),
  MAX_SESSIONS: whole(0, MOST, 'kept sessions').default(20_000),
  SESSION_EXPIRY_MS: whole(1000, 3650 * DAY_MS, 'milliseconds').default(7 * DAY_MS),
  MAX_OFFLINE_MESSAGES: whole(0, MOST, 'messages of one session').default(1000),
  MAX_OFFLINE_BYTES: size(0).default(256 * 2 ** 20),
}

type LimitSettings = {
  readonly [name in keyof typeof LIMIT_SETTINGS]: z.output<(typeof LIMIT_SETTINGS)[name]>
}

export const toLimits = (set: LimitSettings): Config['limits'] => ({
  maxConnections: set.MAX_CONNECTIONS,
  maxConnectionsPerAddress: set.MAX_CONNECTIONS_PER_ADDRESS,
  connectRate: set.CONNECT_RATE,
  connectTimeoutMs: set.CONNECT_TIMEOUT_MS,
  publishRate: set.PUBLISH_RATE,
  maxPacketBytes: set.MAX_PACKET_BYTES,
  maxTopicBytes: set.MAX_TOPIC_BYTES,
  maxTopicLevels: set.MAX_TOPIC_LEVELS,
  maxSubscriptions: set.MAX_SUBSCRIPTIONS,
  maxInflight: set.MAX_INFLIGHT,
  maxKeepaliveS: set.MAX_KEEPALIVE_S,
  maxRetained: set.MAX_RETAINED,
  maxRetainedBytes: set.MAX_RETAINED_BYTES,
  maxSessions: set.MAX_SESSIONS,
  sessionExpiryMs: set.SESSION_EXPIRY_MS,
  maxOfflineMessages: set.MAX_OFFLINE_MESSAGES,
  maxOfflineBytes: set.MAX_OFFLINE_BYTES,
})
