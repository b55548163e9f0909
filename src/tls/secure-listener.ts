/**
 * A TLS port: takes connections, does the handshake, and hands over what has come through it. The TLS server
 * itself listens to nothing; connections are given to it one by one, so that those in their handshake are known,
 * bounded, and cut by a stop.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import { errorCode } from '../error-code.ts'
import type { TlsContext } from './tls-context.ts'

export interface SecureListenerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** What clients may ask to speak (ALPN). Undefined: they are not asked. */
  readonly protocols?: readonly string[]
  /** A client that takes longer is cut. */
  readonly handshakeTimeoutMs?: number
  /** Handshakes under way at a time. Beyond it the oldest is cut: honest ones are done within a moment. */
  readonly maxHandshakes?: number
  /** Connections that may wait to be accepted. */
  readonly backlog?: number
}

/** A connection that ended in its handshake, or right behind it for its certificate. */
export interface TlsFailure {
  readonly address: string
  /** Node's or OpenSSL's, such as ECONNRESET, ERR_SSL_UNSUPPORTED_PROTOCOL or DEPTH_ZERO_SELF_SIGNED_CERT; ours: TOO_MANY_HANDSHAKES. */
  readonly code: string
}

export interface SecureConnections {
  /** The handshake is done; what became of a client's certificate is in `authorized`. */
  readonly connection: (socket: TLSSocket) => void
  readonly failed: (failure: TlsFailure) => void
  /** The port itself: out of file handles, say. */
  readonly error: (error: Error) => void
  /** What `node:http` tells the server of a socket about a request it cannot read. */
  readonly clientError?: (error: Error, socket: Socket) => void
}

export interface SecureListener {
  /** What was asked for, not what was got. */
  readonly wanted: { readonly host: string; readonly port: number }
  /** Rejects with node's error (EADDRINUSE and the like). */
  listen(on: SecureConnections): Promise<{ readonly host: string; readonly port: number }>
  /** Takes no new connections and cuts those in their handshake; what was handed over goes on. */
  close(): void
}

/** An ESP8266 takes some seconds; a storm of a thousand boards at once takes the server some. */
const HANDSHAKE_TIMEOUT_MS = 20_000
/** Each takes about 13 KiB (measured). */
const MAX_HANDSHAKES = 5_000
const BACKLOG = 4_096

interface Handshake {
  readonly raw: Socket
  readonly address: string
  code: string
}

/** One peer has one connection from a port of its own. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** A certificate that our CA did not sign is worse than none: whoever shows one means to be let in by it. */
const isRefused = (socket: TLSSocket): boolean =>
  !socket.authorized && Object.keys(socket.getPeerCertificate() ?? {}).length > 0

/** The handshakes under way, the oldest first. */
const createHandshakes = (on: SecureConnections, max: number) => {
  const open = new Map<string, Handshake>()

  const cutOldest = (): void => {
    const [oldest] = open
    if (oldest === undefined) return
    const [peer, { raw, address }] = oldest
    open.delete(peer)
    on.failed({ address, code: 'TOO_MANY_HANDSHAKES' })
    raw.destroy()
  }

  return {
    begin: (raw: Socket): void => {
      const peer = peerOf(raw)
      const handshake = { raw, address: raw.remoteAddress ?? 'unknown', code: 'ECONNRESET' }
      if (open.size >= max) cutOldest()
      open.set(peer, handshake)
      raw.once('close', () => {
        if (open.get(peer) !== handshake) return
        open.delete(peer)
        on.failed({ address: handshake.address, code: handshake.code })
      })
    },
    fail: (socket: TLSSocket, error: Error): void => {
      const handshake = open.get(peerOf(socket))
      if (handshake !== undefined) handshake.code = errorCode(error) ?? error.name
      socket.destroy()
    },
    done: (socket: TLSSocket): void => void open.delete(peerOf(socket)),
    cutAll: (): void => {
      const all = [...open.values()]
      open.clear()
      for (const { raw } of all) raw.destroy()
    },
  }
}

const secureServer = (context: TlsContext, options: SecureListenerOptions): TlsServer =>
  createTlsServer({
    ...context.options(),
    ...(options.protocols === undefined ? {} : { ALPNProtocols: [...options.protocols] }),
    requestCert: context.asksForCertificates,
    // A client without a certificate is as welcome as one with; `isRefused` is about the others.
    rejectUnauthorized: false,
    handshakeTimeout: options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
  })

/** A TLS port that shows the certificate of `context`, which has been started before `listen` is called. */
export const createSecureListener = (context: TlsContext, options: SecureListenerOptions): SecureListener => {
  const { host, port, backlog = BACKLOG } = options
  const closing: (() => void)[] = []

  const serve = (on: SecureConnections): Server => {
    const handshakes = createHandshakes(on, options.maxHandshakes ?? MAX_HANDSHAKES)
    const secure = secureServer(context, options)
    secure.on('tlsClientError', (error, socket) => handshakes.fail(socket, error))
    secure.on('secureConnection', (socket) => {
      const address = socket.remoteAddress ?? 'unknown'
      handshakes.done(socket)
      if (!isRefused(socket)) return on.connection(socket)
      on.failed({ address, code: String(socket.authorizationError) })
      socket.destroy()
    })
    secure.on('clientError', (error: Error, socket: Socket) => on.clientError?.(error, socket))
    // Small answers are what a board waits for: never gathered for a fuller segment.
    const server = createServer({ noDelay: true }, (raw) => {
      handshakes.begin(raw)
      secure.emit('connection', raw)
    })
    closing.push(
      context.onChange((changed) => secure.setSecureContext(changed)),
      () => server.close(),
      handshakes.cutAll,
    )
    return server
  }

  return {
    wanted: { host, port },
    listen: (on) =>
      new Promise((resolve, reject) => {
        const server = serve(on)
        server.once('error', reject)
        server.listen({ host, port, backlog }, () => {
          server.off('error', reject)
          server.on('error', on.error)
          const { address, port: bound } = server.address() as AddressInfo
          resolve({ host: address, port: bound })
        })
      }),
    close: () => {
      for (const end of closing.splice(0)) end()
    },
  }
}
