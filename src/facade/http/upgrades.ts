/** Hands WebSocket upgrades to whoever registered their path. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connections } from './connections.ts'

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Every path that nobody else registered. */
export const ANY_PATH = '*'

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** The path as it is compared: in lower case, without query and trailing slash. */
const pathOf = (url: string): string => {
  const path = (url.split('?', 1)[0] ?? '').toLowerCase()
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/**
 * Returns `onUpgrade(path, handler)`. Nothing listens until the first call, so that a server without sockets
 * answers an upgrade request as an ordinary one. Paths match in any letter case, with or without a trailing
 * slash; `ANY_PATH` takes the rest, else they are answered 404. Handed-over sockets are the handler's to close.
 */
export const createUpgrades = (server: Server, connections: Connections) => {
  const handlers = new Map<string, UpgradeHandler>()
  const dispatch = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const handler = handlers.get(pathOf(request.url ?? '')) ?? handlers.get(ANY_PATH)
    if (handler === undefined) {
      socket.once('error', () => socket.destroy())
      socket.end(NOT_FOUND)
      return
    }
    connections.release(socket)
    handler(request, socket, head)
  }
  return (path: string, handler: UpgradeHandler): void => {
    if (handlers.size === 0) server.on('upgrade', dispatch)
    handlers.set(pathOf(path), handler)
  }
}
