/** The connections by which the nodes of a cluster share sessions and messages: one to ask, one to tell, one to hear. */
import { createRedisConnection } from '../bridge/index.ts'
import type { SharedRedis } from '../broker/index.ts'

export interface SharedRedisPart {
  readonly redis: SharedRedis
  /** Begins to connect; does not wait for a Redis that is away. */
  start(): Promise<void>
  /** Whoever waits for them waits no more. */
  abandon(): void
  close(): Promise<void>
}

/**
 * Prepares the connections; nothing is opened before `start`.
 *
 * @param onAvailable told of each change of all of them together
 */
export const createSharedRedis = (
  url: string,
  onAvailable: (available: boolean) => void = () => undefined,
): SharedRedisPart => {
  const listeners = new Set<() => void>()
  let wasAvailable: boolean | undefined
  let isClosed = false

  const look = (): void => {
    const isAvailable = available()
    if (isAvailable === wasAvailable) return
    const isBack = isAvailable && wasAvailable === false
    wasAvailable = isAvailable
    onAvailable(isAvailable)
    if (isBack) for (const listener of listeners) listener()
  }
  const connections = [0, 1, 2].map(() => createRedisConnection(url, look)) as [
    ReturnType<typeof createRedisConnection>,
    ReturnType<typeof createRedisConnection>,
    ReturnType<typeof createRedisConnection>,
  ]
  const available = (): boolean => connections.every((connection) => connection.available)
  const [commands, publisher, listener] = connections

  return {
    redis: {
      commands: commands.client,
      publisher: publisher.client,
      listener: listener.client,
      available,
      isClosed: () => isClosed,
      onBack: (told) => void listeners.add(told),
    },
    start: async () => {
      await Promise.all(connections.map((connection) => connection.start()))
      look()
    },
    abandon: () => {
      isClosed = true
    },
    close: async () => {
      isClosed = true
      await Promise.all(connections.map((connection) => connection.close()))
    },
  }
}
