/**
 * Whose each kept session is, who is connected where, and since when a client is away: the session book of all nodes
 * together, in Redis. The rules are those of session-book.ts. A client that comes here while it is connected to
 * another node is released there first, so its will and what belongs to its session are done with.
 *
 * Every value begins with the node that wrote it: a node that was slow, or was thought dead, changes nothing that
 * another has taken over since.
 */
import type { Client } from 'aedes'
import type { Clock } from '../bridge/index.ts'
import type { ClusterNodes } from './cluster-nodes.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import type { SessionBook } from './session-book.ts'
import type { RedisCommands } from './shared-redis.ts'

const SESSIONS = 'sluice:{sessions}:kept'
const AWAY = 'sluice:{sessions}:away'
const CONNECTED = 'sluice:connected'
const ownedKey = (owner: string): string => `sluice:{sessions}:of:${owner}`
/** Score of a session whose client is connected: after all that are away. */
const PRESENT = 9e15
const MIN_SWEEP_MS = 10
const MAX_SWEEP_MS = 60_000

/** KEYS: kept, away, owned. ARGV: client id, value, score, the node it must be of (empty: any). */
const WRITE = `
local before = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[4] ~= '' and (not before or string.sub(before, 1, #ARGV[4]) ~= ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
if tonumber(ARGV[3]) < ${PRESENT} then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
else redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1`
const REMOVE = `
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1`
const DISCONNECT = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
if now and string.sub(now, 1, #ARGV[2]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1`

interface Kept {
  readonly node: string
  readonly owner: string
  /** Epoch ms; null: connected. */
  readonly awaySince: number | null
}

const encode = ({ node, ...kept }: Kept): string => `${node} ${JSON.stringify(kept)}`

const decode = (value: unknown): Kept | undefined => {
  if (typeof value !== 'string') return undefined
  const space = value.indexOf(' ')
  try {
    return { node: value.slice(0, space), ...JSON.parse(value.slice(space + 1)) } as Kept
  } catch {
    return undefined
  }
}

export interface SharedSessionsDeps {
  readonly redis: RedisCommands
  readonly nodeId: string
  readonly nodes: Pick<ClusterNodes, 'release' | 'isAlive'>
  readonly drop: (clientId: string) => Promise<void>
  readonly now: Clock
  readonly onError: (error: Error) => void
  readonly onLimit: (limit: LimitName, clientId: string) => void
}

/** The book of one node over what all share. */
export const createSharedSessions = (
  { redis, nodeId, nodes, drop, now, onError, onLimit }: SharedSessionsDeps,
  {
    maxSessions,
    maxSessionsPerOwner,
    sessionExpiryMs,
  }: Pick<BrokerOptions, 'maxSessions' | 'maxSessionsPerOwner' | 'sessionExpiryMs'>,
): SessionBook => {
  /** Clients of this node that came back to their session. */
  const resumed = new Set<string>()
  /** Who came last under a client id: the end of whoever had it before says nothing. */
  const newest = new Map<string, Client>()
  let sweeping: NodeJS.Timeout | undefined
  let size = 0

  const keysOf = (owner: string): readonly [string, string, string] => [SESSIONS, AWAY, ownedKey(owner)]
  const find = async (clientId: string): Promise<Kept | undefined> =>
    decode(await redis.call('HGET', SESSIONS, clientId))
  const isExpired = ({ awaySince }: Kept): boolean =>
    awaySince !== null && now() - awaySince >= sessionExpiryMs

  const write = (clientId: string, kept: Kept, of = ''): Promise<unknown> => {
    const node = of === '' ? '' : `${of} `
    const score = kept.awaySince ?? PRESENT
    return redis.call('EVAL', WRITE, 3, ...keysOf(kept.owner), clientId, encode(kept), score, node)
  }

  const giveUp = async (clientId: string): Promise<void> => {
    const kept = await find(clientId)
    await drop(clientId)
    if (kept !== undefined) await redis.call('EVAL', REMOVE, 3, ...keysOf(kept.owner), clientId)
  }

  const evict = async (limit: LimitName, key: string, count: number): Promise<void> => {
    if (count <= 0) return
    const away = ['-inf', `(${PRESENT}`, 'LIMIT', 0, count] as const
    for (const clientId of (await redis.call('ZRANGEBYSCORE', key, ...away)) as readonly string[]) {
      onLimit(limit, clientId)
      await giveUp(clientId)
    }
  }

  const countKept = async (): Promise<number> => {
    size = Number(await redis.call('HLEN', SESSIONS))
    return size
  }

  const makeRoomFor = async (owner: string): Promise<void> => {
    if (owner !== '') {
      const owned = Number(await redis.call('ZCARD', ownedKey(owner)))
      await evict('maxSessionsPerOwner', ownedKey(owner), owned - maxSessionsPerOwner)
    }
    await evict('maxSessions', ownedKey(owner), (await countKept()) - maxSessions)
    if (owner !== '') await evict('maxSessions', AWAY, (await countKept()) - maxSessions)
  }

  /** Nothing of it is changed when the client has come back, here or elsewhere. */
  const left = async (client: Client, kept: Kept | undefined): Promise<void> => {
    if (newest.get(client.id) !== client) return
    newest.delete(client.id)
    await redis.call('EVAL', DISCONNECT, 1, CONNECTED, client.id, `${nodeId} `)
    if (kept === undefined) return
    await write(client.id, { ...kept, awaySince: now() }, nodeId)
    await makeRoomFor(kept.owner)
  }

  const connect = async (client: Client, owner: string): Promise<Kept | undefined> => {
    const [holder, kept] = await Promise.all([
      redis.call('HGET', CONNECTED, client.id).then(decode),
      find(client.id),
    ])
    if (holder !== undefined && holder.node !== nodeId) await nodes.release(holder.node, client.id)
    await redis.call('HSET', CONNECTED, client.id, encode({ node: nodeId, owner, awaySince: null }))
    return kept
  }

  const takeUp = async (client: Client, owner: string): Promise<void> => {
    newest.set(client.id, client)
    const kept = client.clean ? undefined : { node: nodeId, owner, awaySince: null }
    try {
      const before = await connect(client, owner)
      const isOurs = before !== undefined && before.owner === owner && !isExpired(before)
      if (before !== undefined && (client.clean || !isOurs)) await giveUp(client.id)
      resumed.delete(client.id)
      if (kept !== undefined) {
        if (isOurs) resumed.add(client.id)
        await write(client.id, kept)
        await makeRoomFor(owner)
      }
    } catch (error) {
      // It is refused, and may have been written down already: nobody would come to its end.
      await left(client, kept).catch(onError)
      throw error
    }
    const leave = (): void => void left(client, kept).catch(onError)
    if (client.closed || client.conn.destroyed) leave()
    else client.conn.once('close', leave)
  }

  const pages = async (key: string, each: (clientId: string, kept: Kept) => Promise<unknown>) => {
    for (let cursor = '0'; ; ) {
      const [next, pairs] = (await redis.call('HSCAN', key, cursor, 'COUNT', 500)) as [string, string[]]
      for (let at = 0; at + 1 < pairs.length; at += 2) {
        const kept = decode(pairs[at + 1])
        if (kept !== undefined) await each(pairs[at] ?? '', kept)
      }
      cursor = next
      if (cursor === '0') return
    }
  }

  /** What nodes left that are no more: their clients are away since nobody knows when. */
  const buryDead = async (): Promise<void> => {
    await pages(SESSIONS, async (clientId, kept) => {
      if (kept.awaySince === null && !nodes.isAlive(kept.node))
        await write(clientId, { ...kept, awaySince: now() }, kept.node)
    })
    await pages(CONNECTED, async (clientId, { node }) => {
      if (!nodes.isAlive(node)) await redis.call('EVAL', DISCONNECT, 1, CONNECTED, clientId, `${node} `)
    })
  }

  const sweep = async (): Promise<void> => {
    const ended = (await redis.call(
      'ZRANGEBYSCORE',
      AWAY,
      '-inf',
      now() - sessionExpiryMs,
    )) as readonly string[]
    for (const clientId of ended) {
      onLimit('sessionExpiryMs', clientId)
      await giveUp(clientId)
    }
    await buryDead()
    await countKept()
  }

  const dropOwner = async (owner: string, onDropped: (clientId: string) => void): Promise<void> => {
    for (const clientId of (await redis.call('ZRANGE', ownedKey(owner), 0, -1)) as readonly string[]) {
      onDropped(clientId)
      await giveUp(clientId)
    }
  }

  return {
    load: async () => {
      const everyMs = Math.min(Math.max(sessionExpiryMs / 10, MIN_SWEEP_MS), MAX_SWEEP_MS)
      sweeping = setInterval(() => void sweep().catch(onError), everyMs)
      sweeping.unref()
      await countKept()
    },
    takeUp,
    ownerOf: async (clientId) => {
      const [holder, kept] = await Promise.all([
        redis.call('HGET', CONNECTED, clientId).then(decode),
        find(clientId),
      ])
      if (holder !== undefined && nodes.isAlive(holder.node) && holder.owner !== '') return holder.owner
      return kept === undefined || isExpired(kept) ? undefined : kept.owner
    },
    isResumed: (clientId) => resumed.has(clientId),
    owners: async () => {
      const owners = new Set<string>()
      await pages(SESSIONS, async (_, { owner }) => owners.add(owner))
      owners.delete('')
      return [...owners]
    },
    dropOwner: (owner, onDropped) => void dropOwner(owner, onDropped).catch(onError),
    get size() {
      return size
    },
    stop: async () => clearInterval(sweeping),
  }
}
