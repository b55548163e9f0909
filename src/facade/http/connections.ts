/**
 * Knows which sockets of a server have a request in flight, so that a stop can close the others at once.
 * Node's own `closeIdleConnections` spares sockets that never sent a request, and a socket whose answer is
 * sent during the stop would stay open for the whole keep-alive time.
 */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Connections {
  /** Hands a socket over (an upgrade): it is not closed until `destroyAll`. */
  release(socket: Duplex): void
  /** From now on a socket is closed as soon as nothing is in flight on it. */
  closeWhenIdle(): void
  destroyAll(): void
}

export const createConnections = (server: Server): Connections => {
  const inFlight = new Map<Socket, Set<ServerResponse>>()
  const released = new Set<Duplex>()
  let closing = false

  const endIfIdle = (socket: Socket): void => {
    if (closing && inFlight.get(socket)?.size === 0 && !released.has(socket)) socket.destroySoon()
  }

  server.on('connection', (socket: Socket) => {
    inFlight.set(socket, new Set())
    socket.once('close', () => {
      inFlight.delete(socket)
      released.delete(socket)
    })
    endIfIdle(socket)
  })
  server.prependListener('request', ({ socket }, response) => {
    inFlight.get(socket)?.add(response)
    response.once('close', () => {
      inFlight.get(socket)?.delete(response)
      endIfIdle(socket)
    })
  })

  return {
    release: (socket) => released.add(socket),
    closeWhenIdle: () => {
      closing = true
      for (const [socket, responses] of inFlight) {
        for (const response of responses) {
          if (!response.headersSent) response.setHeader('Connection', 'close')
        }
        endIfIdle(socket)
      }
    },
    destroyAll: () => {
      for (const socket of inFlight.keys()) socket.destroy()
    },
  }
}
