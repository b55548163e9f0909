import type { IncomingMessage } from 'node:http'

/** Enough for what any route takes, several times over. */
const MAX_BYTES = 268_435_456
const MAX_MS = 10_000

/**
 * Reads the rest of a request's body and throws it away, so much and so long and no more: then the connection is
 * cut. For answers that refuse a body before it was all sent. Closed at once, a connection breaks under a client
 * that still writes, and it sees a broken pipe where the answer should be.
 */
export const readOn = (request: IncomingMessage, maxBytes = MAX_BYTES, maxMs = MAX_MS): void => {
  if (request.readableEnded || request.destroyed) return
  let bytes = 0
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > maxBytes) request.destroy()
  }
  const timer = setTimeout(() => request.destroy(), maxMs).unref()
  const end = (): void => {
    clearTimeout(timer)
    request.off('data', take)
    request.socket?.off('close', end)
  }
  // Once its answer is out, a request is not told any more that its connection closed.
  request.socket?.once('close', end)
  request.on('data', take).once('end', end).once('close', end).once('error', end)
  request.resume()
}
