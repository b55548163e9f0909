/**
 * Bounds what the messages of clients may take together while they are being received. Each is gathered whole, up to
 * its own bound, before anybody looks at it: a thousand sockets that never finish theirs could take all memory there
 * is. Whoever goes over the budget is cut off; those who send what clients are known to send never count.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** Messages up to this size are not counted. */
const LARGE_BYTES = 65_536

/** What of the receiver of `ws` is used here; it has no door to it. */
interface Receiver {
  /** Of the fragments of the message that is being received, unpacked. */
  readonly _messageLength: number
  /** Read, and not made a fragment of yet. */
  readonly _bufferedBytes: number
}

/** A budget that all sockets it is given share; `onOver` is told of each that was cut off. */
export const createMessageBudget = (
  maxReceivingBytes: number,
  onOver: () => void,
): ((webSocket: WebSocket, stream: Duplex) => void) => {
  let receiving = 0

  return (webSocket, stream) => {
    const receiver = Reflect.get(webSocket, '_receiver') as Receiver
    let own = 0
    const count = (held: number): void => {
      receiving += held - own
      own = held
    }
    stream.on('data', () => {
      if (stream.destroyed) return
      const held = receiver._messageLength + receiver._bufferedBytes
      if (held <= LARGE_BYTES && own === 0) return
      count(held <= LARGE_BYTES ? 0 : held)
      if (own === 0 || receiving <= maxReceivingBytes) return
      onOver()
      count(0) // at once: it is the only one that pays for it
      webSocket.terminate()
    })
    stream.once('close', () => count(0))
  }
}
