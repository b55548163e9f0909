/** Hashes in Redis of which each node has fields of its own: their values begin with its id and a space. */
import type { RedisCommands } from './shared-redis.ts'

/** How the values of a node begin. */
export const prefixOf = (nodeId: string): string => `${nodeId} `

/** KEYS: the hash. ARGV: field, how its value must begin. */
const REMOVE = `
local value = redis.call('HGET', KEYS[1], ARGV[1])
if value and string.sub(value, 1, #ARGV[2]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1`

/** Removes a field while it is this node's: nothing that another has written there since. */
export const removeOwn = async (
  redis: RedisCommands,
  key: string,
  { field, nodeId }: { readonly field: string; readonly nodeId: string },
): Promise<void> => {
  await redis.call('EVAL', REMOVE, 1, key, field, prefixOf(nodeId))
}

/** All fields, a page at a time; one that is changed meanwhile may come twice. */
export async function* entriesOf(
  redis: RedisCommands,
  key: string,
): AsyncGenerator<readonly [field: string, value: Buffer]> {
  for (let cursor = '0'; ; ) {
    const page = (await redis.callBuffer('HSCAN', key, cursor, 'COUNT', 500)) as [Buffer, Buffer[]]
    const [next, pairs] = page
    for (let at = 0; at + 1 < pairs.length; at += 2)
      yield [String(pairs[at]), pairs[at + 1] ?? Buffer.alloc(0)]
    cursor = next.toString()
    if (cursor === '0') return
  }
}
