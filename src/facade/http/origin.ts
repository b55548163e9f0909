/** Whether a page may open a socket here: browsers let any page of any site try, and only say which it was. */
import type { IncomingHttpHeaders } from 'node:http'

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host.toLowerCase() : undefined

/**
 * Without an `Origin` it is no browser: boards and tools. A page of the same host and port, or one whose origin is
 * listed, may; `*` in the list is every page.
 */
export const mayConnectFrom = (
  { origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>,
  allowed: readonly string[],
): boolean => {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin.toLowerCase())) return true
  const from = hostOf(origin)
  return from !== undefined && from !== '' && from === host?.toLowerCase()
}
