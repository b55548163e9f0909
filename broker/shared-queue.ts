/**
 * Where the persistence of Aedes keeps in Redis what waits for a client, and what it is given in place of the
 * connection, as it keeps one copy for all subscribers of a message and counts who has had it. Here each client has
 * a copy of its own: who has had it was the last.
 */
import { type RedisCommands, unattended } from './shared-redis.ts'

/** Where a client's queued messages are. */
export const queueOf = (clientId: string): string => `outgoing:${encodeURIComponent(clientId)}`

/** The name of a client's own copy, in place of the broker's id; it holds no colon, which ends it in the key. */
export const copyOf = (brokerId: string, clientId: string): string => {
  const suffix = `@${encodeURIComponent(clientId)}`
  return brokerId.endsWith(suffix) ? brokerId : brokerId + suffix
}

const NOBODY_ELSE = Promise.resolve(0)
const noneLeft = (): Promise<number> => NOBODY_ELSE

/**
 * The connection as the persistence is handed it. Of what found no room in the queue there is no count that could be
 * lowered; it would be left below zero, for good.
 */
export const forOwnCopies = (commands: RedisCommands): object =>
  new Proxy(unattended(commands), {
    get: (target, name): unknown => (name === 'decr' ? noneLeft : Reflect.get(target, name)),
  })

/** What stands in the queue for a message whose PUBREC came: the package leaves it there after the PUBCOMP. */
export const releaseOf = (clientId: string, acked: unknown): string | undefined => {
  if (typeof acked !== 'object' || acked === null || Reflect.get(acked, 'cmd') !== 'pubrel') return undefined
  const { brokerId, brokerCounter } = acked as { readonly brokerId: string; readonly brokerCounter: number }
  return `${queueOf(clientId)}:${brokerId}:${brokerCounter}`
}
