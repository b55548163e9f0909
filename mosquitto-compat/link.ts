/**
 * One network connection that speaks MQTT: bytes to packets and back, and nothing of what they mean.
 *
 * A loop on mqtt-packet and no MQTT.js, because of the acks. MQTT.js hands over the next message only when the one before
 * has been acked, also through its own ack hook (`customHandleAcks`), so with acks held until the fsync each group commit
 * would be of one message: 800 a second. A `$share` group of many such clients would reach more, but it deals the
 * messages of one board to several connections, which loses their order, and what is dealt to a client that is away waits
 * for it; and MQTT 5 forbids No Local with it. Read this way, one connection has thousands of messages in flight and
 * acks them in order; measured with Mosquitto 2.0 by `npm run bench -- --scenario mosquitto`.
 */
import { readFile } from 'node:fs/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import mqttPacket, { type Packet } from 'mqtt-packet'
import type { BrokerLocation } from './broker-address.ts'

export interface LinkHandlers {
  /** The way is open, TLS included: CONNECT may be sent. */
  readonly open: () => void
  readonly packet: (packet: Packet) => void
  /** Bytes came; `unfinished`: how many of them are of a packet that is not whole yet. */
  readonly heard: (unfinished: number) => void
  /** The socket takes more again. */
  readonly drained: () => void
  /** Once, whatever ended it. */
  readonly closed: (error: Error) => void
}

export interface LinkOptions {
  readonly location: BrokerLocation
  readonly protocol: 4 | 5
  readonly caPath: string | undefined
}

export interface Link {
  send(packet: Packet): void
  /** Bytes made elsewhere. */
  write(bytes: Buffer): void
  readonly unsentBytes: number
  readonly paused: boolean
  pause(): void
  resume(): void
  /** Sends what is written and closes; `closed` is told. */
  end(packet: Packet): void
  destroy(error: Error): void
}

/** RFC 3986 has brackets around an IPv6 address, `net` none; TLS takes no address as a server's name [RFC 6066]. */
const openSocket = ({ host, port, secure }: BrokerLocation, ca: Buffer | undefined): Socket => {
  if (!secure) return connectTcp({ host, port, noDelay: true })
  const name = isIP(host) === 0 ? { servername: host } : {}
  return connectTls({ host, port, ...name, ...(ca === undefined ? {} : { ca }) })
}

/** Hears the socket; what comes after the end is nobody's. */
const attach = (socket: Socket, { location, protocol }: LinkOptions, on: LinkHandlers): void => {
  const parser = mqttPacket.parser({ protocolVersion: protocol })
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    socket.destroy()
  }
  parser.on('packet', on.packet)
  parser.on('error', fail)
  socket.setNoDelay(true)
  socket.once(location.secure ? 'secureConnect' : 'connect', on.open)
  socket.on('data', (chunk: Buffer) => {
    if (socket.destroyed) return
    on.heard(parser.parse(chunk))
  })
  socket.on('drain', on.drained)
  socket.on('error', fail)
  socket.once('close', () => on.closed(failure ?? new Error('the broker closed the connection')))
}

/** Opens a connection. Rejects when the file of the CAs cannot be read; what fails later is told to `closed`. */
export const openLink = async (options: LinkOptions, on: LinkHandlers): Promise<Link> => {
  const { location, protocol, caPath } = options
  const ca = location.secure && caPath !== undefined ? await readFile(caPath) : undefined
  const socket = openSocket(location, ca)
  attach(socket, options, on)
  const settings = { protocolVersion: protocol }
  return {
    send: (packet) => {
      if (!socket.destroyed) mqttPacket.writeToStream(packet, socket, settings)
    },
    write: (bytes) => {
      if (!socket.destroyed) socket.write(bytes)
    },
    get unsentBytes() {
      return socket.writableLength
    },
    get paused() {
      return socket.isPaused()
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: (packet) => {
      if (socket.destroyed) return
      mqttPacket.writeToStream(packet, socket, settings)
      socket.end()
    },
    // An error given to the socket is told by its 'error', and so is the reason.
    destroy: (error) => void socket.destroy(error),
  }
}
