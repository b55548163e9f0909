/** The broker's doors: TCP, TLS, and the upgrade of HTTP connections to MQTT over WebSocket. */
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { BrokerEmitter } from './broker-events.ts'
import { keepCertificateName } from './certificate-name.ts'
import { createMessageLimit } from './message-limit.ts'
import type { BrokerAddress, BrokerOptions, TlsDoor } from './options.ts'

/** Of one message. Clients that cut a camera frame into pieces make them of some KiB; empty ones cost time, and no memory. */
const MAX_FRAGMENTS = 1_024

export type HandleConnection = (stream: Duplex, request?: IncomingMessage) => void

export interface TcpListener {
  listen(): Promise<BrokerAddress>
  /** Takes no new connections; resolves at once, open ones are the broker's to close. */
  close(): void
}

/** A TCP listener; `listen` rejects with node's error (EADDRINUSE and the like). */
export const createTcpListener = (
  { host, port }: Pick<BrokerOptions, 'host' | 'port'>,
  handle: HandleConnection,
  onError: (error: Error) => void,
): TcpListener => {
  let server: Server | undefined
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        // Acks are small and latency is what a board waits on: never gather them for a fuller segment.
        const listening = createServer({ noDelay: true }, (socket: Socket) => handle(socket))
        listening.once('error', reject)
        listening.listen({ host, port }, () => {
          listening.off('error', reject)
          // Out of file handles, say: the connection is refused, those there are go on.
          listening.on('error', onError)
          server = listening
          const { address, port: bound } = listening.address() as AddressInfo
          resolve({ host: address, port: bound })
        })
      }),
    close: () => {
      server?.close()
    },
  }
}

/** The TLS listener of `door`, if there is one; what fails in it is told on `events`. */
export const createTlsListener = (
  door: TlsDoor | undefined,
  handle: HandleConnection,
  events: BrokerEmitter,
): Pick<TcpListener, 'close'> & { listen(): Promise<BrokerAddress | undefined> } => ({
  listen: async () =>
    door?.listen({
      connection: (socket) => {
        keepCertificateName(socket, socket)
        handle(socket)
      },
      failed: (failure) => events.emit('tls:failed', failure),
      error: (error) => events.emit('broker:error', { error }),
    }),
  close: () => door?.close(),
})

export interface WebSocketDoor {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** MQTT over WebSocket [MQTT-6.0.0-3]: the client must offer the sub-protocol `mqtt` (or the older `mqttv3.1`). */
export const createWebSocketDoor = (
  options: Pick<BrokerOptions, 'maxFrameBytes' | 'maxLargeBytes'>,
  handle: HandleConnection,
  events: BrokerEmitter,
): WebSocketDoor => {
  const limitMessages = createMessageLimit(options, events)
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // One message in a turn of the event loop: a read may hold ten thousand of one byte, and others would wait for all.
    allowSynchronousEvents: false,
    maxPayload: options.maxFrameBytes,
    maxFragments: MAX_FRAGMENTS,
    handleProtocols: (offered) =>
      offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') ? 'mqttv3.1' : false,
  })
  return {
    upgrade: (request, socket, head) => {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = createWebSocketStream(webSocket)
        limitMessages(webSocket, request.socket, stream)
        keepCertificateName(stream, socket)
        handle(stream, request)
      })
    },
  }
}
