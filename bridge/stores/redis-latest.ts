/**
 * Latest values in Redis, one hash a device:
 *
 *   ts, receivedAt   epoch ms of the newest reading merged
 *   temperature, …   one field per metric that is known, as JavaScript prints the number
 *   custom           JSON
 *
 * Newest wins inside Redis, by a script per device, so that two processes (or a late write after an outage)
 * cannot turn a value back. Every command touches one key, and no key is chosen by what another holds: what Redis
 * Cluster asks for, where the devices are spread over the nodes.
 */
import type { Result } from 'ioredis'
import type { Latest } from '../core/latest.ts'
import { type DeviceId, type JsonValue, METRICS, type MetricName } from '../core/reading.ts'
import type { LatestStore } from '../ports.ts'
import type { RedisClient } from './redis-client.ts'
import { redisFailure } from './redis-connection.ts'

export interface RedisLatestOptions {
  /** Put before every key. */
  readonly keyPrefix?: string
}

const COMMAND = 'sluiceMergeLatest'

// How ioredis is told of a command that was defined.
declare module 'ioredis' {
  interface RedisCommander<Context> {
    sluiceMergeLatest(key: string, ...fields: string[]): Result<number, Context>
  }
}

/** The rule of `mergeLatest` (core/latest.ts): what only the older side holds is kept. ARGV: ts, receivedAt, field, value, … */
const MERGE_SCRIPT = `
local known = redis.call('HMGET', KEYS[1], 'ts', 'receivedAt')
local knownTs, knownAt = tonumber(known[1] or ''), tonumber(known[2] or '')
local ts, at = tonumber(ARGV[1]), tonumber(ARGV[2])
if not knownTs or not knownAt or ts > knownTs or (ts == knownTs and at >= knownAt) then
  redis.call('HSET', KEYS[1], 'ts', ARGV[1], 'receivedAt', ARGV[2], unpack(ARGV, 3))
else
  for i = 3, #ARGV, 2 do
    redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 1
`

const FIELDS = ['ts', 'receivedAt', 'custom', ...METRICS] as const

/**
 * The latest values of all devices in Redis. `put` and `get` are one pipeline each, whatever their length (on a
 * Redis Cluster one for each node); both throw STORE_UNAVAILABLE when any part of it failed. A `put` may then have
 * been done in part, and to repeat it is harmless.
 */
export const createRedisLatest = (
  client: RedisClient,
  { keyPrefix = 'sluice:' }: RedisLatestOptions = {},
): LatestStore => {
  client.defineCommand(COMMAND, { lua: MERGE_SCRIPT, numberOfKeys: 1 })
  const keyOf = (deviceId: DeviceId): string => `${keyPrefix}latest:${deviceId}`

  return {
    put: async (latest) => {
      const calls = latest.map((one): Call => [COMMAND, keyOf(one.deviceId), ...encode(one)])
      await run(client, calls, 'Latest values could not be written to Redis')
    },
    get: async (deviceIds) => {
      const calls = deviceIds.map((id): Call => ['hmget', keyOf(id), ...FIELDS])
      const answers = await run(client, calls, 'Latest values could not be read from Redis')
      return deviceIds.map((id, index) => decode(id, answers[index])).filter((one) => one !== undefined)
    },
    remove: async (deviceIds) => {
      const calls = deviceIds.map((id): Call => ['del', keyOf(id)])
      await run(client, calls, 'Latest values could not be removed from Redis')
    },
  }
}

/** A command, its key, and what else it is given. */
type Call = [command: typeof COMMAND | 'hmget' | 'del', key: string, ...rest: string[]]

const run = async (client: RedisClient, calls: Call[], failed: string): Promise<readonly unknown[]> => {
  if (calls.length === 0) return []
  const results = client.isCluster ? await onCluster(client, calls) : await client.pipeline(calls).exec()
  if (results === null) throw redisFailure(failed, undefined)
  return results.map(([error, result]) => {
    if (error !== null) throw redisFailure(failed, error)
    return result
  })
}

type Results = readonly [error: unknown, result?: unknown][]

/** Each node its own pipeline, which the client makes of the commands of one turn (redis-client.ts). */
const onCluster = async (client: RedisClient, calls: readonly Call[]): Promise<Results> => {
  // It would wait for the nodes to be found, as long as that takes.
  if (client.status !== 'ready') return [[undefined]]
  return Promise.all(
    calls.map(async ([command, key, ...rest]): Promise<Results[number]> => {
      try {
        return [null, await client[command](key, ...rest)]
      } catch (error) {
        return [error]
      }
    }),
  )
}

const encode = (latest: Latest): string[] => {
  const fields = [String(latest.ts), String(latest.receivedAt)]
  for (const metric of METRICS) {
    const value = latest.values[metric]
    if (value !== undefined) fields.push(metric, String(value))
  }
  if (latest.custom !== null) fields.push('custom', JSON.stringify(latest.custom))
  return fields
}

/** Undefined for a device without values, and for a hash that Sluice did not write. */
const decode = (deviceId: DeviceId, answer: unknown): Latest | undefined => {
  const [ts, receivedAt, custom, ...metrics] = answer as (string | null)[]
  if (ts == null || receivedAt == null) return undefined
  const values: { [name in MetricName]?: number } = {}
  METRICS.forEach((metric, index) => {
    const value = metrics[index]
    if (value != null) values[metric] = Number(value)
  })
  return {
    deviceId,
    ts: Number(ts),
    receivedAt: Number(receivedAt),
    values,
    custom: custom == null ? null : decodeCustom(custom),
  }
}

const decodeCustom = (text: string): { readonly [key: string]: JsonValue } | null => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
