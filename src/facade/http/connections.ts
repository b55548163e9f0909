/**
 * Knows which sockets of a server have a request in flight, so that a stop can close the others at once.
 * Node's own `closeIdleConnections` spares sockets that never sent a request, and a socket whose answer is
 * sent during the stop would stay open for the whole keep-alive time.
 *
 * Boards open a connection for every request, thousands a second. They are kept in an array, each knowing its place,
 * and not in a Map or Set: those leave a dead table in old space each time they are rehashed, and what a dead table
 * points at lives on until a full collection (measured: three times the pauses, at 6,500 connections a second).
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Connections {
  /** Open now, those handed over among them. */
  readonly count: number
  /** Hands a socket over (an upgrade): it is not closed until `destroyAll`. */
  release(socket: Duplex): void
  /** From now on a socket is closed as soon as nothing is in flight on it. */
  closeWhenIdle(): void
  destroyAll(): void
}

const PLACE = Symbol('place among the connections')
const NEWEST = Symbol('newest response')

interface Tracked extends Socket {
  [PLACE]: number
  /** Pipelined answers are sent in order, so the newest is the last to be done. */
  [NEWEST]: ServerResponse | undefined
}

export const createConnections = (server: Server): Connections => {
  const open: Tracked[] = []
  const released = new Set<Duplex>()
  let closing = false

  const endWhenIdle = (socket: Tracked): void => {
    if (released.has(socket)) return
    const response = socket[NEWEST]
    if (response === undefined || response.writableFinished) socket.destroySoon()
    else response.once('close', () => socket[NEWEST] === response && endWhenIdle(socket))
  }

  /** The last one takes its place. */
  function forget(this: Tracked): void {
    const last = open.pop()
    if (last !== undefined && last !== this) {
      open[this[PLACE]] = last
      last[PLACE] = this[PLACE]
    }
    if (released.size > 0) released.delete(this)
  }

  server.on('connection', (connected: Socket) => {
    const socket: Tracked = Object.assign(connected, { [PLACE]: open.length, [NEWEST]: undefined })
    open.push(socket)
    socket.on('close', forget)
    if (closing) endWhenIdle(socket)
  })
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const socket = request.socket as Tracked
    socket[NEWEST] = response
    if (closing) endWhenIdle(socket)
  })

  return {
    get count() {
      return open.length
    },
    release: (socket) => released.add(socket),
    closeWhenIdle: () => {
      closing = true
      for (const socket of open.slice()) {
        const response = socket[NEWEST]
        if (response !== undefined && !response.headersSent) response.setHeader('Connection', 'close')
        endWhenIdle(socket)
      }
    },
    destroyAll: () => {
      for (const socket of open.slice()) socket.destroy()
    },
  }
}
