/** Whether a page may open a socket here: browsers let any page of any site try, and only say which it was. */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host.toLowerCase() : undefined

/** A name that a stranger's DNS server may lead to this machine; an address, or `localhost`, it cannot. */
const isForeignName = (host: string): boolean => {
  const { hostname } = new URL(`http://${host}`)
  return hostname !== 'localhost' && isIP(hostname.replace(/^\[|\]$/g, '')) === 0
}

/**
 * Without an `Origin` it is no browser: boards and tools. A page of the same host and port, or one whose origin is
 * listed, may; `*` in the list is every page. `isLocal`: this machine alone is let in, without credentials, so a page
 * that reaches it by a name of its own is not of this host.
 */
export const mayConnectFrom = (
  { origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>,
  allowed: readonly string[],
  isLocal = false,
): boolean => {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin.toLowerCase())) return true
  const from = hostOf(origin)
  if (from === undefined || from === '' || from !== host?.toLowerCase()) return false
  return !isLocal || !isForeignName(from)
}
