/** Brokers that share one Redis, each as a process of its own would have it. */
import type { Done, Message } from '../../bridge/index.ts'
import {
  type BrokerOptions,
  type BrokerPolicy,
  type ClusterOptions,
  createEmbeddedBroker,
} from '../../broker/index.ts'
import { createSharedRedis } from '../../src/shared-redis.ts'
import type { TestRedis } from '../support/redis.ts'

/** Fast enough for a test, slow enough for a machine that is busy. */
const TIMES: Partial<ClusterOptions> = { beatMs: 100, goneMs: 1_500, heartbeatMs: 250 }

export interface NodeSetUp {
  readonly options?: Partial<BrokerOptions>
  readonly policy?: BrokerPolicy
  readonly times?: Partial<ClusterOptions>
  readonly staysHere?: (topic: string) => boolean
}

export const startNode = async (
  later: (cleanup: () => unknown) => void,
  redis: Pick<TestRedis, 'url'>,
  { options = {}, times = {}, policy, staysHere }: NodeSetUp = {},
) => {
  const shared = createSharedRedis(redis.url)
  await shared.start()
  const sessions = { redis: shared.redis, ...(staysHere && { staysHere }) }
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
