/**
 * Sessions, retained messages and wills in LevelDB, within bounds. The offline subscribers of a topic are looked up
 * once while there are none.
 *
 * Of a session whose queue is full the newest message is dropped: the older ones may be on their way to its client
 * already, keep their order, and need not be read to be removed; Mosquitto does the same. A client that is connected
 * is sent the newest all the same, only not again after a reconnect. What may be queued is in queue-ledger.ts.
 *
 * What would be retained beyond the bounds is sent on and not kept, and what its topic had is removed: who comes
 * later is rather told nothing than what is no longer true.
 */
import { Readable } from 'node:stream'
import type { Aedes, Client, PublishPacket, Subscription } from 'aedes'
import AsyncLevelPersistence from 'aedes-persistence-level/asyncPersistence.js'
import type { Level } from '../bridge/index.ts'
import { filterMatches } from './granted-qos.ts'
import { createInOrder } from './in-order.ts'
import { createInTurn } from './in-turn.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import { createQueueLedger, type QueueLedger, type QueueLimit, queuedBytes } from './queue-ledger.ts'
import { type Queueable, recipientsOf, sentAgain } from './queue-rules.ts'
import { createQueueWrites } from './queue-writes.ts'
import { createRetainedLedger, type RetainedLedger, type RetainedLimit } from './retained-ledger.ts'
import { isFilter, retainedRange } from './retained-range.ts'
import {
  ALL_QUEUED,
  ALL_RETAINED,
  ALL_SUBSCRIPTIONS,
  clientIdIn,
  ONLY_A_SESSION,
  queuesOf,
  topicIn,
} from './session-keys.ts'
import { createSilentTopics } from './silent-topics.ts'

export interface PersistenceDeps {
  readonly db: Level
  /** What is retained could not be read for a new subscriber. */
  readonly onError: (error: Error) => void
  readonly onLimit: (limit: LimitName, clientId?: string) => void
  /** Whether one filter of a SUBSCRIBE was granted: Aedes hands all of them over to be kept. */
  readonly isGranted: (client: Client, subscription: Subscription) => boolean
  /** Whether a client that is connecting came back to a session. */
  readonly isResumed: (clientId: string) => boolean
}

/** As it is given and as it is stored. */
type Packet = Partial<Pick<PublishPacket, 'topic' | 'payload' | 'messageId'>> & {
  readonly cmd?: string
  readonly brokerId?: string
}

const NO_SUBSCRIPTIONS: Promise<readonly object[]> = Promise.resolve([])
const NOTHING_TO_CLEAN: Promise<void> = Promise.resolve()
/** The store's own errors have a code. */
const unlessMissing = (error: unknown): void => {
  if (typeof error === 'object' && error !== null && Reflect.has(error, 'code')) throw error
}
const KEYS = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const

/** The persistence Aedes is given. */
export class QuietPersistence extends AsyncLevelPersistence {
  readonly #deps: PersistenceDeps
  readonly #silent = createSilentTopics()
  readonly #retained: RetainedLedger
  readonly #queued: QueueLedger
  /** Reads what is stored of a message by its identifier; the store has no other door to it than one that removes. */
  readonly #stored: AsyncLevelPersistence
  /** The same ack twice, side by side, makes room once. */
  readonly #inTurn = createInTurn()
  readonly #inOrder = createInOrder()
  readonly #queueWrites = createQueueWrites()
  /** Aedes hands the filters of one SUBSCRIBE over once for each of them. */
  readonly #adding = new WeakMap<readonly object[], Promise<void>>()

  constructor(deps: PersistenceDeps, options: Pick<BrokerOptions, RetainedLimit | QueueLimit>) {
    super(deps.db)
    this.#deps = deps
    this.#queued = createQueueLedger(options)
    const removeNothing = { del: () => undefined, write: async () => undefined }
    const get = (...asked: readonly [string, object]) => deps.db.get(...asked)
    this.#stored = new AsyncLevelPersistence({ get, batch: () => removeNothing })
    this.#retained = createRetainedLedger(options)
  }

  /** Retained messages there are, and what they take. */
  get retained(): Pick<RetainedLedger, 'count' | 'bytes'> {
    return this.#retained
  }

  /** An async function, or Aedes refuses it. */
  override async setup(broker: Aedes): Promise<void> {
    await super.setup(broker)
    const { db } = this.#deps
    for await (const [key, value] of db.iterator<string, Buffer>({ ...ALL_RETAINED, ...KEYS })) {
      this.#retained.load(topicIn(key), value.length + key.length)
    }
    const queued = new Set<string>()
    for await (const key of db.keys<string>({ ...ALL_QUEUED, ...KEYS })) queued.add(clientIdIn(key))
    for (const id of queued) {
      const packets: AsyncIterable<Packet> = super.outgoingStream({ id })
      for await (const packet of packets) this.#queued.load(id, queuedBytes(packet))
    }
  }

  /** Client ids of which something is kept. */
  async clientIds(): Promise<ReadonlySet<string>> {
    const found = new Set(this.#queued.clientIds)
    const keys = this.#deps.db.keys<string>({ ...ALL_SUBSCRIPTIONS, ...KEYS })
    for await (const key of keys) found.add(clientIdIn(key))
    return found
  }

  /** Forgets all that is kept for a client id. */
  async dropSession(clientId: string): Promise<void> {
    await super.cleanSubscriptions({ id: clientId })
    for (const range of queuesOf(clientId))
      await this.#deps.db.clear<string>({ ...range, keyEncoding: 'utf8' })
    this.#queued.drop(clientId)
  }

  /** True when no session, connected or not, subscribes to this topic; false also when that is not known. */
  isSilent(topic: string): boolean {
    return this.#silent.has(topic)
  }

  /** Aedes listens for no error of this stream, and would end the process over a store that is being closed. */
  override createRetainedStreamCombi(patterns: readonly string[]): Readable {
    return Readable.from(this.#retainedBy(patterns)).on('error', this.#deps.onError)
  }

  async *#retainedBy(patterns: readonly string[]): AsyncGenerator<unknown> {
    const { db } = this.#deps
    for (const pattern of patterns) {
      if (!isFilter(pattern) && !this.#retained.has(pattern)) continue
      const range = retainedRange(pattern)
      // Decodes and matches what it is given; it has no door to give it less.
      const values = (options: object) => db.values({ ...options, ...range })
      const found = new AsyncLevelPersistence({ values }).createRetainedStreamCombi([pattern])
      for await (const packet of found as AsyncIterable<PublishPacket>) {
        // The store's own matcher gives `$` topics to wildcards as well [MQTT-4.7.2-1].
        if (!packet.topic.startsWith('$') || filterMatches(pattern, packet.topic)) yield packet
      }
    }
  }

  override storeRetained(packet: PublishPacket): Promise<void> {
    const { topic, payload } = packet
    if (payload.length === 0) {
      this.#retained.remove(topic)
      return super.storeRetained(packet)
    }
    const limit = this.#retained.add(topic, payload.length)
    if (limit === undefined) return super.storeRetained(packet)
    this.#deps.onLimit(limit)
    if (!this.#retained.has(topic)) return Promise.resolve()
    this.#retained.remove(topic)
    return super.storeRetained({ ...packet, payload: '' })
  }

  override addSubscriptions(client: Client, subscriptions: readonly Subscription[]): Promise<void> {
    this.#silent.clear()
    const adding = this.#adding.get(subscriptions)
    if (adding !== undefined) return adding
    const granted = subscriptions.filter((each) => this.#deps.isGranted(client, each))
    const added = super.addSubscriptions(client, granted)
    this.#adding.set(subscriptions, added)
    return added
  }

  override subscriptionsByTopic(topic: string): Promise<readonly object[]> {
    if (this.#silent.has(topic)) return NO_SUBSCRIPTIONS
    return this.#lookUp(topic)
  }

  /** What waits for each client, at the QoS it was granted. */
  override async outgoingEnqueueCombi(subscriptions: readonly Queueable[], packet: PublishPacket) {
    const bytes = queuedBytes(packet)
    const places = [...recipientsOf(subscriptions, packet)].filter(([clientId]) => {
      const limit = this.#queued.add(clientId, bytes)
      if (limit !== undefined) this.#deps.onLimit(limit, clientId)
      return limit === undefined
    })
    if (places.length === 0) return
    const puts = this.#queueWrites(places, packet)
    try {
      await this.#inOrder('queued', this.#deps.db.batch<string, Buffer>(puts, KEYS))
    } catch (error) {
      for (const [clientId] of places) this.#queued.remove(clientId, bytes)
      throw error
    }
  }

  override incomingGetPacket(client: Client, packet: Packet): Promise<unknown> {
    return this.#inOrder(`known of ${client.id}`, super.incomingGetPacket(client, packet))
  }

  override incomingStorePacket(client: Client, packet: Packet): Promise<void> {
    return this.#inOrder(`from ${client.id}`, super.incomingStorePacket(client, packet))
  }

  override outgoingStream(client: Client): Readable {
    return Readable.from(sentAgain(super.outgoingStream(client)))
  }

  override async subscriptionsByClient(client: Pick<Client, 'id'>): Promise<readonly object[]> {
    const found = await super.subscriptionsByClient(client)
    return found.length === 0 && this.#deps.isResumed(client.id) ? [ONLY_A_SESSION] : found
  }

  /** A connection that ends before its CONNECT has no id, and nothing to clean: `null` may be that of another. */
  override cleanIncoming(client: { readonly id: string | null }): Promise<void> {
    return client.id === null ? NOTHING_TO_CLEAN : super.cleanIncoming({ id: client.id })
  }

  /** Of a message that found no room in the queue there is nothing to update. */
  override outgoingUpdate(client: Client, packet: Packet): Promise<void> {
    const isReceived = packet.cmd === 'pubrel' && packet.brokerId === undefined
    const updated = isReceived ? this.#received(client, packet) : super.outgoingUpdate(client, packet)
    return this.#inOrder(`to ${client.id}`, updated.catch(unlessMissing))
  }

  /** Of a QoS 2 message that its client has received the store keeps the identifier only. */
  #received(client: Client, packet: Packet): Promise<void> {
    return this.#inTurn(`${packet.messageId} ${client.id}`, async () => {
      const before = (await this.#stored.outgoingClearMessageId(client, packet)) as Packet | undefined
      await super.outgoingUpdate(client, packet)
      if (before !== undefined) this.#queued.shrink(client.id, queuedBytes(before) - queuedBytes({}))
    })
  }

  override outgoingClearMessageId(client: Client, packet: Packet): Promise<unknown> {
    return this.#inTurn(`${packet.messageId} ${client.id}`, async () => {
      const cleared = (await super.outgoingClearMessageId(client, packet)) as Packet | undefined
      if (cleared !== undefined) this.#queued.remove(client.id, queuedBytes(cleared))
      return cleared
    })
  }

  async #lookUp(topic: string): Promise<readonly object[]> {
    const { generation } = this.#silent
    const found = await super.subscriptionsByTopic(topic)
    // Somebody may have subscribed while this was on its way.
    if (found.length === 0 && generation === this.#silent.generation) this.#silent.add(topic)
    return found
  }
}
