/** The subscriptions of kept sessions as they are in Redis, where the persistence of Aedes reads those of one client. */
import type { KeptChange } from './kept-subscriptions.ts'
import { queueOf } from './shared-queue.ts'
import type { RedisCommands } from './shared-redis.ts'

/** All clients that have subscriptions. */
const CLIENTS = 'clients'
const filtersOf = (clientId: string): string => `client:${encodeURIComponent(clientId)}`

export interface KeptFilters {
  clientIds(): Promise<readonly string[]>
  add(clientId: string, added: KeptChange['added']): Promise<void>
  /** Without subscriptions nothing waits for a client. */
  remove(clientId: string, topics: readonly string[]): Promise<void>
}

/** Those of all nodes. */
export const createKeptFilters = (redis: RedisCommands): KeptFilters => ({
  clientIds: async () => (await redis.call('SMEMBERS', CLIENTS)) as readonly string[],
  add: async (clientId, added) => {
    // The persistence takes a value of one character for the QoS.
    const fields = added.flatMap(({ topic, qos }) => [topic, qos])
    await Promise.all([
      redis.call('SADD', CLIENTS, clientId),
      redis.call('HSET', filtersOf(clientId), ...fields),
    ])
  },
  remove: async (clientId, topics) => {
    await redis.call('HDEL', filtersOf(clientId), ...topics)
    if ((await redis.call('EXISTS', filtersOf(clientId))) !== 0) return
    await redis.call('DEL', queueOf(clientId))
    await redis.call('SREM', CLIENTS, clientId)
  },
})
