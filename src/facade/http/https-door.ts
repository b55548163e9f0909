/**
 * HTTPS, and WebSockets over it: what has come through the TLS port goes on as a connection of the one HTTP server,
 * so that routes, the poll's lane, upgrades, times and limits are the same on both.
 */
import type { Server } from 'node:http'
import type { SecureListener, TlsFailure } from '../../tls/index.ts'

export interface HttpsGiven {
  readonly listener: SecureListener
  /** A connection ended in its handshake, or right behind it for its certificate. */
  readonly onFailed: (failure: TlsFailure) => void
  /** The port itself: out of file handles, say. */
  readonly onError: (error: Error) => void
}

export interface HttpsDoor {
  /** Rejects with node's error when the port is taken or may not be bound. */
  start(): Promise<{ readonly host: string; readonly port: number }>
  /** Takes no new connections; resolves when all have gone, which others see to. */
  stop(): Promise<void>
}

export const createHttpsDoor = (server: Server, { listener, onFailed, onError }: HttpsGiven): HttpsDoor => {
  let open = 0
  let allGone: (() => void) | undefined
  return {
    start: () =>
      listener.listen({
        connection: (socket) => {
          open += 1
          socket.once('close', () => {
            open -= 1
            if (open === 0) allGone?.()
          })
          server.emit('connection', socket)
        },
        failed: onFailed,
        error: onError,
        clientError: (error, socket) => {
          if (!server.emit('clientError', error, socket)) socket.destroy()
        },
      }),
    stop: () => {
      listener.close()
      return new Promise((resolve) => {
        if (open === 0) resolve()
        else allGone = resolve
      })
    },
  }
}
