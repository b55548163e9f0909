/** How many connections there are, in all and from each address. What is over a bound is closed before it is read. */
import { isIPv6 } from 'node:net'
import type { Duplex } from 'node:stream'
import type { BrokerEmitter } from './broker-events.ts'
import type { BrokerOptions } from './options.ts'

const MAPPED = '::ffff:'
/** Of the eight groups of an IPv6 address, those that name the network. */
const NETWORK_GROUPS = 4

/** What counts as one address: of IPv6 the network of 64 bits, as anyone who has one address has all of them. */
export const addressKey = (address: string): string => {
  const plain = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0')
  return [...groups, ...after].slice(0, NETWORK_GROUPS).join(':')
}

/** Counts connections in; false, and told of, for one that is over a bound. */
export const createConnections = (
  events: BrokerEmitter,
  {
    maxConnections,
    maxConnectionsPerAddress,
  }: Pick<BrokerOptions, 'maxConnections' | 'maxConnectionsPerAddress'>,
) => {
  const ofAddress = new Map<string, number>()
  let open = 0

  const limitOf = (key: string): 'maxConnections' | 'maxConnectionsPerAddress' | undefined => {
    if (open >= maxConnections) return 'maxConnections'
    return (ofAddress.get(key) ?? 0) >= maxConnectionsPerAddress ? 'maxConnectionsPerAddress' : undefined
  }

  const leave = (key: string): void => {
    open -= 1
    const left = (ofAddress.get(key) ?? 0) - 1
    if (left > 0) ofAddress.set(key, left)
    else ofAddress.delete(key)
  }

  return {
    enter: (stream: Duplex, address: string): boolean => {
      const key = addressKey(address)
      const limit = limitOf(key)
      if (limit !== undefined) {
        events.emit('limit:hit', { limit, address })
        return false
      }
      open += 1
      ofAddress.set(key, (ofAddress.get(key) ?? 0) + 1)
      stream.once('close', () => leave(key))
      return true
    },
  }
}
