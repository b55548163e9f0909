/**
 * Sessions, retained messages and wills in Redis, shared by all nodes: aedes-persistence-redis, held to the same rules
 * as the store of a single node (quiet-persistence.ts has them and the reasons).
 *
 * What is queued is stored for each client apart. The package would keep one copy for all subscribers of a message,
 * with the packet identifier and the QoS of whoever was sent it last.
 *
 * While Redis is away clients that are connected go on: what would be queued or retained is lost and told of. QoS 2
 * of publishers and new sessions are refused, as nothing of them could be kept.
 */
import { Readable } from 'node:stream'
import type { Client, PublishPacket, Subscription } from 'aedes'
import AsyncRedisPersistence from 'aedes-persistence-redis/asyncPersistence.js'
import { createInOrder } from './in-order.ts'
import { createKeptFilters, type KeptFilters } from './kept-filters.ts'
import { createKeptSubscriptions, type KeptChange, type KeptSubscriptions } from './kept-subscriptions.ts'
import type { BrokerOptions } from './options.ts'
import { asQueued, type Queueable, recipientsOf, sentAgain } from './queue-rules.ts'
import type { PersistenceDeps } from './quiet-persistence.ts'
import type { RetainedLimit } from './retained-ledger.ts'
import { ONLY_A_SESSION } from './session-keys.ts'
import { copyOf, forOwnCopies, queueOf, releaseOf } from './shared-queue.ts'
import type { RedisCommands, SharedRedis } from './shared-redis.ts'
import { createSharedRetained, type SharedRetained } from './shared-retained.ts'
import { createSharedWills, type SharedWills } from './shared-wills.ts'

export interface SharedPersistenceDeps extends Omit<PersistenceDeps, 'db'> {
  readonly redis: SharedRedis
  readonly nodeId: string
  /** A node that is not alive has left its wills to the others. */
  readonly isAlive: (nodeId: string) => boolean
  /** Tells the other nodes what changed of a kept session; resolves when they know of what was added. */
  readonly tell: (change: KeptChange) => Promise<void>
}

export type SharedPersistenceOptions = Pick<
  BrokerOptions,
  RetainedLimit | 'maxOfflineMessages' | 'sessionExpiryMs'
>

type Packet = { readonly messageId?: number }
type Queued = Pick<PublishPacket, 'topic' | 'qos'> & { brokerId?: string; brokerCounter?: number }

const AGAIN_MS = 1_000
const NO_SUBSCRIPTIONS: Promise<readonly Queueable[]> = Promise.resolve([])
const NOTHING_TO_DO: Promise<void> = Promise.resolve()
/** What the package says of a packet that it does not have; it gives no code. */
const MISSING: readonly string[] = ['unknown key', 'no such packet']

/** The persistence Aedes is given. */
export class SharedPersistence extends AsyncRedisPersistence {
  readonly #deps: SharedPersistenceDeps
  readonly #maxQueued: number
  readonly #redis: RedisCommands
  readonly #filters: KeptFilters
  readonly #kept: KeptSubscriptions
  readonly #retained: SharedRetained
  readonly #wills: SharedWills
  readonly #inOrder = createInOrder()
  readonly #adding = new WeakMap<readonly object[], Promise<void>>()

  constructor(deps: SharedPersistenceDeps, options: SharedPersistenceOptions) {
    super({
      conn: forOwnCopies(deps.redis.commands),
      maxSessionDelivery: options.maxOfflineMessages,
      // Of a session that is given up the package leaves its messages behind.
      packetTTL: () => Math.ceil(options.sessionExpiryMs / 1_000) * 2,
    })
    this.#deps = deps
    this.#redis = deps.redis.commands
    this.#maxQueued = options.maxOfflineMessages
    this.#retained = createSharedRetained(this.#redis, options)
    this.#wills = createSharedWills(this.#redis)
    this.#filters = createKeptFilters(this.#redis)
    this.#kept = createKeptSubscriptions({
      clientIds: this.#filters.clientIds,
      ofClient: async (id) => (await super.subscriptionsByClient({ id })) as KeptChange['added'],
    })
  }

  /** An async function, or Aedes refuses it. In place of the package's, which reads once and misses what comes then. */
  override async setup(): Promise<void> {
    await this.#kept.load()
  }

  /** What another node told. */
  learn(change: KeptChange): void {
    this.#kept.change(change)
  }

  /** Something another node told was missed. Resolves when it was read, or could not be: then it is tried again. */
  async relearn(): Promise<void> {
    if (this.#deps.redis.isClosed()) return
    await this.#kept.load().catch((error: Error) => {
      this.#deps.onError(error)
      setTimeout(() => void this.relearn(), AGAIN_MS).unref()
    })
  }

  /** Forgets all that is kept for a client id. */
  async dropSession(clientId: string): Promise<void> {
    const queued = (await this.#redis.call('LRANGE', queueOf(clientId), 0, -1)) as readonly string[]
    await this.cleanSubscriptions({ id: clientId })
    await Promise.all(
      queued.flatMap((key) => [key, `${key}:offlineCount`]).map((key) => this.#redis.call('DEL', key)),
    )
    await this.#redis.call('DEL', queueOf(clientId))
    await super.cleanIncoming({ id: clientId })
  }

  /** True when no session of any node, connected or not, subscribes to this topic; false also when not known. */
  isSilent(topic: string): boolean {
    return this.#kept.isSilent(topic)
  }

  /** Aedes listens for no error of this stream. */
  override createRetainedStreamCombi(patterns: readonly string[]): Readable {
    return Readable.from(this.#retainedBy(patterns)).on('error', this.#deps.onError)
  }

  async *#retainedBy(patterns: readonly string[]): AsyncGenerator<unknown> {
    for (const pattern of patterns) yield* this.#retained.matching(pattern)
  }

  override async storeRetained(packet: PublishPacket): Promise<void> {
    try {
      const limit = await this.#retained.store(packet)
      if (limit !== undefined) this.#deps.onLimit(limit)
    } catch (error) {
      this.#deps.onError(error as Error)
    }
  }

  override addSubscriptions(client: Client, subscriptions: readonly Subscription[]): Promise<void> {
    const adding = this.#adding.get(subscriptions)
    if (adding !== undefined) return adding
    const granted = subscriptions.filter((each) => this.#deps.isGranted(client, each))
    const added = granted.length === 0 ? NOTHING_TO_DO : this.#add(client.id, granted)
    this.#adding.set(subscriptions, added)
    return added
  }

  override async removeSubscriptions(
    { id }: { readonly id: string },
    topics: readonly string[],
  ): Promise<void> {
    if (topics.length === 0) return
    await this.#filters.remove(id, topics)
    await this.#tell({ clientId: id, added: [], removed: topics })
  }

  override subscriptionsByTopic(topic: string): Promise<readonly Queueable[]> {
    const found = this.#kept.match(topic)
    return found.length === 0 ? NO_SUBSCRIPTIONS : Promise.resolve(found)
  }

  /** What waits for each client, at the QoS it was granted. */
  override async outgoingEnqueueCombi(subscriptions: readonly Queueable[], packet: PublishPacket) {
    if (subscriptions.length === 0) return
    const enqueue = async ([clientId, qos]: readonly [string, number]): Promise<void> => {
      try {
        if (Number(await this.#redis.call('LLEN', queueOf(clientId))) >= this.#maxQueued)
          return this.#deps.onLimit('maxOfflineMessages', clientId)
        await super.outgoingEnqueueCombi([{ clientId }], this.#copy(asQueued(packet, qos), clientId))
      } catch (error) {
        this.#deps.onError(error as Error)
      }
    }
    const recipients = [...recipientsOf(subscriptions, packet)]
    await this.#inOrder('queued', Promise.all(recipients.map(enqueue)))
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

  override cleanIncoming(client: { readonly id: string | null }): Promise<void> {
    return client.id === null ? NOTHING_TO_DO : super.cleanIncoming({ id: client.id })
  }

  /** Of a message that found no room in the queue there is nothing to update. */
  override outgoingUpdate(client: Client, packet: object): Promise<void> {
    const copy = 'brokerId' in packet ? this.#copy(packet, client.id) : packet
    const updated = super.outgoingUpdate(client, copy).catch((error: Error) => {
      if (!MISSING.includes(error.message)) this.#deps.onError(error)
    })
    return this.#inOrder(`to ${client.id}`, updated)
  }

  override async outgoingClearMessageId(client: Client, packet: Packet): Promise<unknown> {
    try {
      const acked = await super.outgoingClearMessageId(client, packet)
      const release = releaseOf(client.id, acked)
      if (release !== undefined) await this.#redis.call('LREM', queueOf(client.id), 0, release)
      return acked
    } catch (error) {
      this.#deps.onError(error as Error)
      return undefined
    }
  }

  override async putWill(client: Client, packet: PublishPacket): Promise<void> {
    await this.#wills.put(client.id, this.#deps.nodeId, packet)
  }

  /**
   * Aedes names no broker when a client connects: whatever its former connections left is void. It does not look what
   * becomes of this: a failure is told here.
   */
  override delWill({ id, brokerId }: { readonly id: string; readonly brokerId?: string }): Promise<void> {
    return this.#wills.remove(id, brokerId).catch(this.#deps.onError)
  }

  /** After a time without Redis nobody is known to be alive: who is, is heard of again before the next look. */
  override streamWill(brokers: Readonly<Record<string, unknown>>): AsyncGenerator<PublishPacket> {
    return this.#wills.ofDead((nodeId) => nodeId in brokers || this.#deps.isAlive(nodeId))
  }

  /** As the package stores it: its own fields only, under a name of the client's own. */
  #copy(packet: object, clientId: string): object {
    const { brokerId = this.#deps.nodeId, ...fields } = packet as Queued & { writeCallback?: unknown }
    return { ...fields, writeCallback: undefined, brokerId: copyOf(brokerId, clientId) }
  }

  async #add(id: string, subscriptions: readonly Subscription[]): Promise<void> {
    const added = subscriptions.map(({ topic, qos }) => ({ topic, qos }))
    await this.#filters.add(id, added)
    await this.#tell({ clientId: id, added, removed: [] })
  }

  #tell(change: KeptChange): Promise<void> {
    this.#kept.change(change)
    return this.#deps.tell(change)
  }
}
