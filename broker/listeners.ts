/** The broker's doors: a TCP listener, and the upgrade of HTTP connections to MQTT over WebSocket. */
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { BrokerOptions } from './options.ts'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

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

export interface WebSocketDoor {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** MQTT over WebSocket [MQTT-6.0.0-3]: the client must offer the sub-protocol `mqtt` (or the older `mqttv3.1`). */
export const createWebSocketDoor = (
  options: Pick<BrokerOptions, 'maxFrameBytes'>,
  handle: HandleConnection,
): WebSocketDoor => {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.maxFrameBytes,
    handleProtocols: (offered) =>
      offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') ? 'mqttv3.1' : false,
  })
  return {
    upgrade: (request, socket, head) => {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = createWebSocketStream(webSocket)
        handle(stream, request)
      })
    },
  }
}
