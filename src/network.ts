/** Groups of an IPv6 address that name its network; one customer is given the whole of it. */
const NETWORK_GROUPS = 4

/**
 * What requests without a device are counted by: an IPv4 address, or the /64 network of an IPv6 address. Of a peer
 * that has gone already, node knows no address.
 */
export const networkOf = (address: string | undefined): string => {
  if (address === undefined) return 'gone'
  // IPv4, also as an IPv6 socket shows it.
  if (!address.includes(':') || address.includes('.')) return address.replace(/^::ffff:/i, '')
  const [before = '', after] = address.toLowerCase().split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return `${[...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':')}::/64`
}
