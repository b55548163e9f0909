/**
 * Retained messages in Redis, within bounds that hold for all nodes together. Beside the messages is an index by
 * topic in byte order: a wildcard filter reads the topics that begin like it, not everything that is retained.
 */
import type { PublishPacket } from 'aedes'
import { filterMatches } from './granted-qos.ts'
import type { BrokerOptions } from './options.ts'
import type { RetainedLimit } from './retained-ledger.ts'
import { isFilter } from './retained-range.ts'
import type { RedisCommands } from './shared-redis.ts'
import { decodePacket, encodePacket } from './stored-packet.ts'

/** In one slot of a Redis Cluster, as the script needs them together. */
const MESSAGES = 'sluice:{retained}:messages'
const TOPICS = 'sluice:{retained}:topics'
const BYTES = 'sluice:{retained}:bytes'

/** KEYS: messages, topics, bytes. ARGV: topic, message (empty removes), most messages, most bytes. Answers 0: not kept. */
const STORE = `
local before = redis.call('HSTRLEN', KEYS[1], ARGV[1])
local size = #ARGV[2]
local bytes = tonumber(redis.call('GET', KEYS[3]) or '0')
local limit = 0
if size > 0 then
  if before == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then limit = 1
  elseif bytes + size - before > tonumber(ARGV[4]) then limit = 2 end
end
if size == 0 or limit > 0 then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  size = 0
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZADD', KEYS[2], 0, ARGV[1])
end
redis.call('SET', KEYS[3], bytes + size - before)
return limit`

const LIMITS: readonly (RetainedLimit | undefined)[] = [undefined, 'maxRetained', 'maxRetainedBytes']
const PAGE = 500

export interface SharedRetained {
  /** The bound that kept it out, if any: what its topic had is removed then. */
  store(packet: PublishPacket): Promise<RetainedLimit | undefined>
  matching(filter: string): AsyncGenerator<PublishPacket>
}

/** Topics that begin with the levels before the filter's first wildcard; `a/#` matches `a` too [MQTT-4.7.1-2]. */
const beginning = (filter: string): string => {
  const levels = filter.split('/')
  return levels.slice(0, levels.findIndex(isFilter)).join('/')
}

/** The retained messages that all nodes share. */
export const createSharedRetained = (
  redis: RedisCommands,
  { maxRetained, maxRetainedBytes }: Pick<BrokerOptions, RetainedLimit>,
): SharedRetained => {
  const read = async (topics: readonly string[]): Promise<readonly (PublishPacket | undefined)[]> => {
    if (topics.length === 0) return []
    const values = (await redis.callBuffer('HMGET', MESSAGES, ...topics)) as readonly (Buffer | null)[]
    return values.map((value) => (value === null ? undefined : decodePacket(value)))
  }

  async function* matching(filter: string): AsyncGenerator<PublishPacket> {
    if (!isFilter(filter)) {
      const [packet] = await read([filter])
      if (packet !== undefined) yield packet
      return
    }
    const begin = beginning(filter)
    // `0` is the character behind `/`: everything below these levels, and the topic that they are.
    const max = begin === '' ? '+' : `(${begin}0`
    for (let min = `[${begin}`; ; ) {
      const page = (await redis.call('ZRANGEBYLEX', TOPICS, min, max, 'LIMIT', 0, PAGE)) as readonly string[]
      for (const packet of await read(page.filter((topic) => filterMatches(filter, topic))))
        if (packet !== undefined) yield packet
      if (page.length < PAGE) return
      min = `(${page.at(-1) ?? ''}`
    }
  }

  return {
    store: async ({ topic, payload, qos, retain }) => {
      const value = payload.length === 0 ? '' : encodePacket({ topic, payload, qos, retain })
      const bounds = [maxRetained, maxRetainedBytes]
      const limit = await redis.call('EVAL', STORE, 3, MESSAGES, TOPICS, BYTES, topic, value, ...bounds)
      return LIMITS[Number(limit)]
    },
    matching,
  }
}
