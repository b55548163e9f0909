/**
 * The wills of all clients, one a client id, so that those of a node that died are published by another. A client
 * that is back takes its own place: the will of its former connection, on a node that is no more, is then published
 * no more, as the board is not gone.
 *
 * Whoever finds the will of a dead node claims it for a while before it publishes it: two nodes look at the same time.
 */
import type { Client, PublishPacket } from 'aedes'
import { entriesOf, prefixOf, removeOwn } from './redis-hash.ts'
import type { RedisCommands } from './shared-redis.ts'
import { decodePacket, encodePacket } from './stored-packet.ts'

const WILLS = 'sluice:wills'
const claimOf = (clientId: string): string => `sluice:will:${clientId}`
const CLAIM_MS = 30_000

export interface SharedWills {
  put(clientId: string, nodeId: string, packet: PublishPacket): Promise<void>
  /** Of this node, or of whichever. */
  remove(clientId: string, nodeId?: string): Promise<void>
  /** Of this node there are the wills of these clients, and no others. */
  reconcile(nodeId: string, clients: ReadonlyMap<string, Client>): Promise<void>
  /** Wills of nodes that are not alive, each claimed for this node. */
  ofDead(isAlive: (nodeId: string) => boolean): AsyncGenerator<PublishPacket>
}

interface Will {
  readonly clientId: string
  readonly nodeId: string
  readonly value: Buffer
}

/** The wills that all nodes share. */
export const createSharedWills = (redis: RedisCommands): SharedWills => {
  async function* all(): AsyncGenerator<Will> {
    for await (const [clientId, value] of entriesOf(redis, WILLS)) {
      const space = value.indexOf(' ')
      yield { clientId, nodeId: value.toString('utf8', 0, space), value: value.subarray(space + 1) }
    }
  }

  const put: SharedWills['put'] = async (clientId, nodeId, { topic, payload, qos, retain }) => {
    const packet = encodePacket({ topic, payload, qos, retain })
    const value = Buffer.concat([Buffer.from(prefixOf(nodeId)), packet])
    await redis.call('HSET', WILLS, clientId, value)
  }
  const remove: SharedWills['remove'] = async (clientId, nodeId) => {
    if (nodeId === undefined) await redis.call('HDEL', WILLS, clientId)
    else await removeOwn(redis, WILLS, { field: clientId, nodeId })
  }

  return {
    put,
    remove,
    reconcile: async (nodeId, clients) => {
      const written: Promise<void>[] = []
      for (const [clientId, client] of clients) {
        const { will } = client as Client & { readonly will?: PublishPacket | null }
        if (will) written.push(put(clientId, nodeId, will))
      }
      await Promise.all(written)
      for await (const will of all())
        if (will.nodeId === nodeId && !clients.has(will.clientId)) await remove(will.clientId, nodeId)
    },
    ofDead: async function* (isAlive) {
      for await (const { clientId, nodeId, value } of all()) {
        const packet = decodePacket(value)
        if (packet === undefined || isAlive(nodeId)) continue
        const claim = await redis.call('SET', claimOf(clientId), nodeId, 'NX', 'PX', CLAIM_MS)
        if (claim !== null) yield Object.assign(packet, { clientId, brokerId: nodeId })
      }
    },
  }
}
