/**
 * The session book as it is in Redis: of each kept session whose it is and since when its client is away, and who is
 * connected where. Each change is conditional on what it changes: a node that was slow, or was thought dead, changes
 * nothing that another has taken over since.
 */
import { entriesOf, prefixOf, removeOwn } from './redis-hash.ts'
import type { RedisCommands } from './shared-redis.ts'

const SESSIONS = 'sluice:{sessions}:kept'
/** Client ids by the time since when they are away. */
export const AWAY = 'sluice:{sessions}:away'
const CONNECTED = 'sluice:connected'
/** Client ids of one owner, by the time since when they are away. */
export const ownedKey = (owner: string): string => `sluice:{sessions}:of:${owner}`
/** Score of a session whose client is connected: after all that are away. */
const PRESENT = 9e15

/** KEYS: kept, away, owned. ARGV: client id, value, score, `is` or `of`, what is there before or how it begins. */
const WRITE = `
local before = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if ARGV[4] == 'of' then before = string.sub(before, 1, #ARGV[5]) end
if before ~= ARGV[5] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
if tonumber(ARGV[3]) < ${PRESENT} then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
else redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1`
/** The same keys. ARGV: client id, what is there before. */
const REMOVE = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1`

/** KEYS: connected. ARGV: client id, value, how a value of this node begins. */
const HOLD_ON = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
if now and string.sub(now, 1, #ARGV[3]) ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`

export interface Kept {
  /** Who wrote it. */
  readonly node: string
  readonly owner: string
  /** Epoch ms; null: connected. */
  readonly awaySince: number | null
  /** Epoch ms: since then what belongs to it is being removed. */
  readonly droppedAt?: number
}

/** As it was read: what is changed must still be that. */
export interface Found extends Kept {
  readonly value: string
}

export interface SessionRecords {
  find(clientId: string): Promise<Found | undefined>
  /** Undefined when `before` is there no more, or there is one where none was. */
  replace(clientId: string, kept: Kept, before: Found | undefined): Promise<Found | undefined>
  /** False when the one there is was not written by this node. */
  rewrite(clientId: string, kept: Kept, node: string): Promise<boolean>
  remove(clientId: string, before: Found): Promise<void>
  /** Those away longest, of AWAY or of one owner, before a time or so many. */
  awayBefore(time: number): Promise<readonly string[]>
  awayLongest(key: string, count: number): Promise<readonly string[]>
  ofOwner(owner: string): Promise<readonly string[]>
  count(): Promise<number>
  countOf(owner: string): Promise<number>
  holder(clientId: string): Promise<Kept | undefined>
  hold(clientId: string, kept: Kept): Promise<void>
  /** As `hold`; false when another node holds it by now. */
  holdOn(clientId: string, kept: Kept): Promise<boolean>
  /** Nothing when another node holds it by now. */
  letGo(clientId: string, node: string): Promise<void>
  eachKept(each: (clientId: string, found: Found) => unknown): Promise<void>
  eachHeld(each: (clientId: string, found: Found) => unknown): Promise<void>
}

const encode = ({ node, ...kept }: Kept): string => prefixOf(node) + JSON.stringify(kept)

const decode = (value: unknown): Found | undefined => {
  if (typeof value !== 'string') return undefined
  const space = value.indexOf(' ')
  try {
    return { ...(JSON.parse(value.slice(space + 1)) as Kept), node: value.slice(0, space), value }
  } catch {
    return undefined
  }
}

/** The records of all nodes. */
export const createSessionRecords = (redis: RedisCommands): SessionRecords => {
  const keysOf = (owner: string): readonly [string, string, string] => [SESSIONS, AWAY, ownedKey(owner)]
  const ids = async (...command: readonly [string, ...(string | number)[]]): Promise<readonly string[]> =>
    (await redis.call(...command)) as readonly string[]

  const write = async (clientId: string, kept: Kept, how: 'is' | 'of', before: string) => {
    const value = encode(kept)
    const score = kept.awaySince ?? PRESENT
    const keys = keysOf(kept.owner)
    const written = await redis.call('EVAL', WRITE, 3, ...keys, clientId, value, score, how, before)
    return Number(written) === 1 ? { ...kept, value } : undefined
  }

  const each = async (key: string, use: (clientId: string, found: Found) => unknown): Promise<void> => {
    for await (const [clientId, value] of entriesOf(redis, key)) {
      const found = decode(value.toString())
      if (found !== undefined) await use(clientId, found)
    }
  }

  return {
    find: async (clientId) => decode(await redis.call('HGET', SESSIONS, clientId)),
    replace: (clientId, kept, before) => write(clientId, kept, 'is', before?.value ?? ''),
    rewrite: async (clientId, kept, node) =>
      (await write(clientId, kept, 'of', prefixOf(node))) !== undefined,
    remove: async (clientId, { owner, value }) => {
      await redis.call('EVAL', REMOVE, 3, ...keysOf(owner), clientId, value)
    },
    awayBefore: (time) => ids('ZRANGEBYSCORE', AWAY, '-inf', time),
    awayLongest: (key, count) => ids('ZRANGEBYSCORE', key, '-inf', `(${PRESENT}`, 'LIMIT', 0, count),
    ofOwner: (owner) => ids('ZRANGE', ownedKey(owner), 0, -1),
    count: async () => Number(await redis.call('HLEN', SESSIONS)),
    countOf: async (owner) => Number(await redis.call('ZCARD', ownedKey(owner))),
    holder: async (clientId) => decode(await redis.call('HGET', CONNECTED, clientId)),
    hold: async (clientId, kept) => {
      await redis.call('HSET', CONNECTED, clientId, encode(kept))
    },
    holdOn: async (clientId, kept) => {
      const held = await redis.call(
        'EVAL',
        HOLD_ON,
        1,
        CONNECTED,
        clientId,
        encode(kept),
        prefixOf(kept.node),
      )
      return Number(held) === 1
    },
    letGo: (clientId, nodeId) => removeOwn(redis, CONNECTED, { field: clientId, nodeId }),
    eachKept: (use) => each(SESSIONS, use),
    eachHeld: (use) => each(CONNECTED, use),
  }
}
