/**
 * Latest values in Redis, one hash a device:
 *
 *   ts, receivedAt   epoch ms of the newest reading merged
 *   temperature, …   one field per metric that is known, as JavaScript prints the number
 *   custom           JSON
 *
 * Newest wins inside Redis, by a script per device, so that two processes (or a late write after an outage)
 * cannot turn a value back. A script call touches one key: what Redis Cluster asks for.
 */
import type { Redis } from 'ioredis'
import type { BridgeError } from '../core/errors.ts'
import type { Latest } from '../core/latest.ts'
import { type DeviceId, type JsonValue, METRICS, type MetricName } from '../core/reading.ts'
import type { LatestStore } from '../ports.ts'
import { redisFailure } from './redis-connection.ts'

export interface RedisLatestOptions {
  /** Put before every key. */
  readonly keyPrefix?: string
}

const COMMAND = 'sluiceMergeLatest'

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
 * The latest values of all devices in Redis. `put` and `get` are one pipeline each, whatever their length;
 * both throw STORE_UNAVAILABLE when any part of it failed. A `put` may then have been done in part, and to
 * repeat it is harmless.
 */
export const createRedisLatest = (
  client: Redis,
  { keyPrefix = 'sluice:' }: RedisLatestOptions = {},
): LatestStore => {
  client.defineCommand(COMMAND, { lua: MERGE_SCRIPT, numberOfKeys: 1 })
  const keyOf = (deviceId: DeviceId): string => `${keyPrefix}latest:${deviceId}`

  return {
    put: async (latest) => {
      if (latest.length === 0) return
      await run(
        client,
        latest.map((one) => [COMMAND, keyOf(one.deviceId), ...encode(one)]),
        (error) => redisFailure('Latest values could not be written to Redis', error),
      )
    },
    get: async (deviceIds) => {
      if (deviceIds.length === 0) return []
      const answers = await run(
        client,
        deviceIds.map((id) => ['hmget', keyOf(id), ...FIELDS]),
        (error) => redisFailure('Latest values could not be read from Redis', error),
      )
      return deviceIds.map((id, index) => decode(id, answers[index])).filter((one) => one !== undefined)
    },
  }
}

const run = async (
  client: Redis,
  commands: string[][],
  failure: (error: unknown) => BridgeError,
): Promise<readonly unknown[]> => {
  const results = await client.pipeline(commands).exec()
  if (results === null) throw failure(undefined)
  return results.map(([error, result]) => {
    if (error !== null) throw failure(error)
    return result
  })
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
