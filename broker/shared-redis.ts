/** The Redis that the nodes of a cluster share, as the broker is handed it: it opens no connection of its own. */

/** Commands by name, as ioredis has them: `call('HGET', key, field)`. The second form answers with bytes. */
export interface RedisCommands {
  call(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>
  callBuffer(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>
}

export interface SharedRedis {
  /** Connections of ioredis: for commands, to publish by, and to listen on. */
  readonly commands: RedisCommands
  readonly publisher: object
  /** It subscribes to nothing by itself when it is back. */
  readonly listener: object
  /** All three can be used now. */
  readonly available: () => boolean
  /** They will not be available any more. */
  readonly isClosed: () => boolean
  /** Calls back each time when they can be used again after they could not. */
  readonly onBack: (listener: () => void) => void
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'catch') === 'function'

/**
 * The same connection, of which no failed command ends the process: the persistence of Aedes sends some and does not
 * look what becomes of them. Who awaits a command is still told of its failure.
 */
export const unattended = <Client extends object>(client: Client): Client => {
  const methods = new Map<PropertyKey, unknown>()
  const wrap =
    (method: (...args: unknown[]) => unknown) =>
    (...args: unknown[]): unknown => {
      const answer = Reflect.apply(method, client, args)
      if (isPromise(answer)) answer.catch(() => undefined)
      return answer
    }
  return new Proxy(client, {
    get: (target, name) => {
      const known = methods.get(name)
      if (known !== undefined) return known
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const wrapped = wrap(value as (...args: unknown[]) => unknown)
      methods.set(name, wrapped)
      return wrapped
    },
  })
}
