/** What a Redis did and holds, as it tells it itself. */
import { Redis } from 'ioredis'

export interface RedisUsage {
  /** Calls since its start by command, with those that its scripts made. */
  readonly calls: ReadonlyMap<string, number>
  readonly usedBytes: number
}

export interface RedisProbe {
  readonly pid: number
  usage(): Promise<RedisUsage>
  /** Bytes that a key takes. */
  keyBytes(key: string): Promise<number>
  close(): Promise<void>
}

const fieldOf = (info: string, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1])

const callsIn = (info: string): ReadonlyMap<string, number> =>
  new Map(
    [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = '', calls]) => [name, Number(calls)]),
  )

/** A connection of the bench's own; what it asks is among the calls. */
export const openRedisProbe = async (url: string): Promise<RedisProbe> => {
  const redis = new Redis(url)
  const pid = fieldOf(await redis.info('server'), 'process_id')
  return {
    pid,
    usage: async () => ({
      calls: callsIn(await redis.info('commandstats')),
      usedBytes: fieldOf(await redis.info('memory'), 'used_memory'),
    }),
    keyBytes: async (key) => Number(await redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0')),
    close: async () => void (await redis.quit()),
  }
}

/** Calls of these commands between two looks; of all commands when none are named. */
export const callsBetween = (before: RedisUsage, after: RedisUsage, commands?: readonly string[]): number =>
  [...after.calls].reduce(
    (sum, [name, calls]) =>
      commands === undefined || commands.includes(name) ? sum + calls - (before.calls.get(name) ?? 0) : sum,
    0,
  )
