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
import type { Aedes, Client, PublishPacket, Subscription } from 'aedes'
import AsyncRedisPersistence from 'aedes-persistence-redis/asyncPersistence.js'
import { createInOrder } from './in-order.ts'
import type { BrokerOptions } from './options.ts'
import { asQueued, type Queueable, recipientsOf, sentAgain } from './queue-rules.ts'
import type { PersistenceDeps } from './quiet-persistence.ts'
import type { RetainedLimit } from './retained-ledger.ts'
import { ONLY_A_SESSION } from './session-keys.ts'
import { copyOf, forOwnCopies, queueOf, releaseOf } from './shared-queue.ts'
import type { RedisCommands, SharedRedis } from './shared-redis.ts'
import { createSharedRetained, type SharedRetained } from './shared-retained.ts'
import { createSharedWills, type SharedWills } from './shared-wills.ts'
import { createSilentTopics } from './silent-topics.ts'

export interface SharedPersistenceDeps extends Omit<PersistenceDeps, 'db'> {
  readonly redis: SharedRedis
  readonly nodeId: string
  /** A node that is not alive has left its wills to the others. */
  readonly isAlive: (nodeId: string) => boolean
}

export type SharedPersistenceOptions = Pick<
  BrokerOptions,
  RetainedLimit | 'maxOfflineMessages' | 'sessionExpiryMs'
>

type Packet = { readonly messageId?: number }
type Queued = Pick<PublishPacket, 'topic' | 'qos'> & { brokerId?: string; brokerCounter?: number }

const NO_SUBSCRIPTIONS: Promise<readonly object[]> = Promise.resolve([])
const NOTHING_TO_DO: Promise<void> = Promise.resolve()
/** What the package says of a packet that it does not have; it gives no code. */
const MISSING: readonly string[] = ['unknown key', 'no such packet']

/** The persistence Aedes is given. */
export class SharedPersistence extends AsyncRedisPersistence {
  readonly #deps: SharedPersistenceDeps
  readonly #maxQueued: number
  readonly #redis: RedisCommands
  readonly #silent = createSilentTopics()
  readonly #retained: SharedRetained
  readonly #wills: SharedWills
  readonly #inOrder = createInOrder()
  readonly #adding = new WeakMap<readonly object[], Promise<void>>()

  constructor(deps: SharedPersistenceDeps, options: SharedPersistenceOptions) {
    super({
      conn: forOwnCopies(deps.redis.commands),
      cluster: deps.redis.isCluster === true,
      maxSessionDelivery: options.maxOfflineMessages,
      // Of a session that is given up the package leaves its messages behind.
      packetTTL: () => Math.ceil(options.sessionExpiryMs / 1_000) * 2,
    })
    this.#deps = deps
    this.#redis = deps.redis.commands
    this.#maxQueued = options.maxOfflineMessages
    this.#retained = createSharedRetained(this.#redis, options)
    this.#wills = createSharedWills(this.#redis)
  }

  /** An async function, or Aedes refuses it. */
  override async setup(broker: Aedes): Promise<void> {
    await super.setup(broker)
    const forget = (_: unknown, done: () => void): void => {
      this.#silent.clear()
      done()
    }
    await new Promise<void>((resolve) => broker.subscribe('$SYS/sub/+', forget, () => resolve()))
  }

  /** Forgets all that is kept for a client id. */
  async dropSession(clientId: string): Promise<void> {
    const queued = (await this.#redis.call('LRANGE', queueOf(clientId), 0, -1)) as readonly string[]
    await super.cleanSubscriptions({ id: clientId })
    for (const key of queued) {
      await this.#redis.call('DEL', key)
      await this.#redis.call('DEL', `${key}:offlineCount`)
    }
    await this.#redis.call('DEL', queueOf(clientId))
    await super.cleanIncoming({ id: clientId })
  }

  /** True when no session of any node, connected or not, subscribes to this topic; false also when not known. */
  isSilent(topic: string): boolean {
    return this.#silent.has(topic)
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
    this.#silent.clear()
    const adding = this.#adding.get(subscriptions)
    if (adding !== undefined) return adding
    const granted = subscriptions.filter((each) => this.#deps.isGranted(client, each))
    const added = granted.length === 0 ? NOTHING_TO_DO : super.addSubscriptions(client, granted)
    this.#adding.set(subscriptions, added)
    return added
  }

  override removeSubscriptions(client: { readonly id: string }, topics: readonly string[]): Promise<void> {
    return topics.length === 0 ? NOTHING_TO_DO : super.removeSubscriptions(client, topics)
  }

  override subscriptionsByTopic(topic: string): Promise<readonly object[]> {
    return this.#silent.has(topic) ? NO_SUBSCRIPTIONS : this.#lookUp(topic)
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

  async #lookUp(topic: string): Promise<readonly object[]> {
    const { generation } = this.#silent
    const found = await super.subscriptionsByTopic(topic)
    if (found.length === 0 && generation === this.#silent.generation) this.#silent.add(topic)
    return found
  }
}
