/** What an external broker is told. The bounds have defaults; where it is and who we are has none. */

export interface ExternalBrokerOptions {
  /** `mqtt://` or `mqtts://`, with `user:password@` when it asks for them. Secret: never part of a message. */
  readonly url: string
  /** MQTT 3.1.1 is 4 on the wire. */
  readonly protocol: 4 | 5
  /** The session is kept under it, and with it what waits for us: the same at each start, nobody else's. */
  readonly clientId: string
  /** PEM file of the CAs that may have signed the broker's certificate, read at each connect; undefined: the system's. */
  readonly caPath: string | undefined
  /**
   * Messages that may be here without an ack, asked of an MQTT 5 broker as its Receive Maximum. A group commit takes a
   * few milliseconds, a disk that is busy 50: at 50,000 messages a second that is 2,500. To a client of 3.1.1 the
   * broker's own bound applies (`max_inflight_messages` of Mosquitto: 20).
   */
  readonly receiveMaximum: number
  /** What is longer an MQTT 5 broker does not send us: it discards it. One of 3.1.1 cannot be asked. */
  readonly maxPacketBytes: number
  /** With so much in memory that is not taken in, nothing more is read. */
  readonly maxHeldBytes: number
  /** How long the broker keeps the session while we are away (MQTT 5; for 3.1.1 it is the broker's setting). */
  readonly sessionExpiryS: number
  /** For how long a broken connection is not taken for our end (MQTT 5; with 3.1.1 it is, at once). */
  readonly willDelayS: number
  /** How long the broker may be silent before its SUBACK. */
  readonly connectTimeoutMs: number
  readonly minReconnectMs: number
  readonly maxReconnectMs: number
  /** A connection that lasted shorter counts as one more failed attempt. */
  readonly stableMs: number
  readonly pingEveryMs: number
  readonly pingTimeoutMs: number
  readonly probeEveryMs: number
  readonly probeTimeoutMs: number
  /** All subscriptions are asked for again this often: one that was lost at the broker comes back. */
  readonly resubscribeEveryMs: number
  /** The same while one of them is refused. */
  readonly retrySubscribeMs: number
  /** How long `start` waits for the broker: without it the program starts all the same. */
  readonly startWaitMs: number
  /** Topics to listen to besides those of boards. */
  readonly alsoTopics: readonly string[]
  /** Messages of QoS 1 that wait for the broker; the oldest make room. */
  readonly maxWaiting: number
  /** Topics of which the newest retained message is kept while the broker is away. */
  readonly maxKept: number
  /** With so much unsent, nothing that nobody keeps is written. */
  readonly maxUnsentBytes: number
  /**
   * A message that is refused for no reason that passes is given up after so many attempts; so is one of ours with
   * which the broker ends the connection each time.
   */
  readonly maxAttempts: number
  readonly minRetryMs: number
  readonly maxRetryMs: number
}

export type ExternalBrokerTarget = Pick<ExternalBrokerOptions, 'url' | 'protocol' | 'clientId' | 'caPath'>

export const EXTERNAL_DEFAULTS: Omit<ExternalBrokerOptions, keyof ExternalBrokerTarget> = {
  receiveMaximum: 8_192,
  maxPacketBytes: 21 * 1024 * 1024,
  maxHeldBytes: 64 * 1024 * 1024,
  sessionExpiryS: 30 * 24 * 60 * 60,
  willDelayS: 15,
  connectTimeoutMs: 10_000,
  minReconnectMs: 250,
  maxReconnectMs: 15_000,
  stableMs: 60_000,
  pingEveryMs: 15_000,
  pingTimeoutMs: 10_000,
  probeEveryMs: 30_000,
  probeTimeoutMs: 20_000,
  resubscribeEveryMs: 300_000,
  retrySubscribeMs: 30_000,
  startWaitMs: 3_000,
  alsoTopics: [],
  maxWaiting: 1_000,
  maxKept: 100_000,
  maxUnsentBytes: 16 * 1024 * 1024,
  maxAttempts: 4,
  minRetryMs: 100,
  maxRetryMs: 5_000,
}
