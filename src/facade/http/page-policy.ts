/**
 * What the page may load and connect to: this server, and nothing else. Pictures that were fetched with a token are
 * shown from memory (`blob:`). `'self'` is to newer browsers alone also WebSockets of this host, so they are named.
 */
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/

/** The Content-Security-Policy of the page, for a client that reached it as `host` (its Host header). */
export const pagePolicy = (host: string | undefined): string => {
  const sockets = host !== undefined && HOST.test(host) ? ` ws://${host} wss://${host}` : ''
  return [
    "default-src 'self'",
    `connect-src 'self'${sockets}`,
    "img-src 'self' blob: data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join('; ')
}
