/**
 * Bounds what WebSocket messages may take together while they are being received. Each may be as large as a packet,
 * and is gathered whole before the broker sees a byte of it: strangers who send fragments without end could take all
 * memory there is before anybody asked who they are. Whoever goes over the bound is cut off. It is low for those who
 * have not been admitted, so that they keep out none who was.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { BrokerEmitter } from './broker-events.ts'
import type { BrokerOptions } from './options.ts'

/** Messages up to this size are not counted. */
const LARGE_BYTES = 65_536

/** What of the receiver of `ws` is used here; it has no door to it. */
interface Receiver {
  /** Of the fragments of the message that is being received. */
  readonly _messageLength: number
  /** Read, and not made a fragment of yet. */
  readonly _bufferedBytes: number
}

/** Of the bound, for all there is when somebody who is being admitted has sent on behind the CONNECT. */
const SHARE_OF_CONNECTING = 1 / 2

/** What of a client of Aedes tells how far it has come; Aedes hangs it on its stream. */
interface Progress {
  readonly connecting: boolean
  readonly _authorized: boolean
}

/** A limit that all WebSockets it is given share. It looks once for each chunk that is read. */
export const createMessageLimit = (
  { maxLargeBytes }: Pick<BrokerOptions, 'maxLargeBytes'>,
  events: BrokerEmitter,
): ((webSocket: WebSocket, socket: Socket, stream: Duplex) => void) => {
  let receiving = 0

  /** Whether it holds too much, for how far its client has come. */
  const isTooMuch = (held: number, stream: Duplex): boolean => {
    const client = Reflect.get(stream, 'client') as Progress | undefined
    if (client?._authorized) return receiving > maxLargeBytes
    return client?.connecting ? receiving > maxLargeBytes * SHARE_OF_CONNECTING : held > LARGE_BYTES
  }

  return (webSocket, socket, stream) => {
    const receiver = Reflect.get(webSocket, '_receiver') as Receiver
    let own = 0
    const count = (held: number): void => {
      receiving += held - own
      own = held
    }
    socket.on('data', () => {
      if (socket.destroyed) return
      const held = receiver._messageLength + receiver._bufferedBytes
      if (held <= LARGE_BYTES && own === 0) return
      count(held <= LARGE_BYTES ? 0 : held)
      if (own === 0 || !isTooMuch(held, stream)) return
      events.emit('limit:hit', { limit: 'maxLargeBytes', address: socket.remoteAddress ?? '' })
      count(0) // at once: it is the only one that pays for it
      socket.destroy()
    })
    socket.once('close', () => count(0))
  }
}
