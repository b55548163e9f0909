/** Brokers that share one Redis, each as a process of its own would have it. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { Done, Message } from '../../bridge/index.ts'
import {
  type BrokerOptions,
  type BrokerPolicy,
  type ClusterOptions,
  createEmbeddedBroker,
  type SharedRedis,
} from '../../broker/index.ts'
import { createSharedRedis } from '../../src/shared-redis.ts'
import { eventually } from '../support/eventually.ts'
import type { TestRedis } from '../support/redis.ts'

/** Fast enough for a test, slow enough for a machine that is busy. */
const TIMES: Partial<ClusterOptions> = { beatMs: 100, goneMs: 1_500, releaseMs: 750, heartbeatMs: 250 }

export interface NodeSetUp {
  readonly options?: Partial<BrokerOptions>
  readonly policy?: BrokerPolicy
  readonly times?: Partial<ClusterOptions>
  readonly staysHere?: (topic: string) => boolean
  /** What the node makes of the Redis it is given. */
  readonly through?: (redis: SharedRedis) => SharedRedis
}

type Later = (cleanup: () => unknown) => void

export const startNode = async (
  later: Later,
  redis: Pick<TestRedis, 'url'>,
  { options = {}, times = {}, policy, staysHere, through = (given) => given }: NodeSetUp = {},
) => {
  const shared = createSharedRedis(redis.url)
  await shared.start()
  const sessions = { redis: through(shared.redis), ...(staysHere && { staysHere }) }
  const broker = createEmbeddedBroker(
    { sessions, ...(policy && { policy }) },
    { port: 0, ...options },
    { ...TIMES, ...times },
  )
  const taken: { readonly message: Message; readonly clientId: string; readonly done: Done }[] = []
  const errors: Error[] = []
  broker.events.on('broker:error', ({ error }) => errors.push(error))
  const address = await broker.start((message, clientId, done) => {
    taken.push({ message, clientId, done })
    done()
  })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= broker.stop().then(shared.close)
    return stopped
  }
  later(stop)
  return {
    broker,
    taken,
    errors,
    address,
    stop,
    /** It vanishes as in a crash: its connections to Redis are gone, its clients are not told. */
    vanish: async () => {
      await shared.close()
    },
    stats: () => broker.cluster?.stats() ?? { nodes: 0, filters: 0, sent: 0, packets: 0, failed: 0 },
  }
}

export type ClusterNode = Awaited<ReturnType<typeof startNode>>

/** Nodes that have heard of each other. */
export const startNodes = async (
  later: Later,
  redis: Pick<TestRedis, 'url'>,
  count: number,
): Promise<readonly ClusterNode[]> => {
  const started: ClusterNode[] = []
  for (let at = 0; at < count; at += 1) started.push(await startNode(later, redis))
  await eventually(() => started.every((node) => node.stats().nodes === count - 1))
  return started
}

export const connectTo = async (
  later: Later,
  node: ClusterNode | undefined,
  options: IClientOptions = {},
): Promise<MqttClient> => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${node?.address.port}`, {
    reconnectPeriod: 0,
    ...options,
  })
  client.on('error', () => {})
  later(() => client.endAsync(true).catch(() => undefined))
  return client
}

/** Messages as `topic payload`, from now on. */
export const heardBy = (client: MqttClient): string[] => {
  const heard: string[] = []
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
  return heard
}

/** Commands of a connection of the test's own. */
export const askRedis = async (later: Later, { url }: Pick<TestRedis, 'url'>) => {
  const own = createSharedRedis(url)
  await own.start()
  later(own.close)
  return own.redis.commands
}

/** The same Redis, of which commands can be made to fail, or to wait. */
export const withCommands =
  (before: (name: string, args: readonly unknown[]) => Promise<void> | undefined) =>
  (redis: SharedRedis): SharedRedis => {
    const call =
      (name: 'call' | 'callBuffer') =>
      async (...args: Parameters<SharedRedis['commands']['call']>): Promise<unknown> => {
        await before(args[0], args.slice(1))
        return await redis.commands[name](...args)
      }
    const commands = new Proxy(redis.commands, {
      get: (target, name) =>
        name === 'call' || name === 'callBuffer' ? call(name) : Reflect.get(target, name),
    })
    return { ...redis, commands }
  }
