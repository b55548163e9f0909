/** Tells requests that came through a proxy: their address is the proxy's, and says nothing of who sent them. */
import type { IncomingHttpHeaders } from 'node:http'

const HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']
const LENGTHS = new Set(HEADERS.map(({ length }) => length))

/** By the headers that proxies and tunnels add; one that adds none is not known. */
export const isForwarded = (headers: IncomingHttpHeaders): boolean =>
  HEADERS.some((name) => headers[name] !== undefined)

/** As `isForwarded`, of names and values in turn as they were sent: most names are told by their length. */
export const isForwardedRaw = (rawHeaders: readonly string[]): boolean => {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (LENGTHS.has(name.length) && HEADERS.includes(name.toLowerCase())) return true
  }
  return false
}
