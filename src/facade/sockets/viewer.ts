/**
 * One connected WebSocket client. The library reads, pongs and closes; events are whole frames written past it
 * to the same stream, which is sound because the library is never asked to send a message (it writes its own
 * frames whole, and nothing after its close frame: `isOpen` is false from then on).
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

export interface Viewer {
  readonly webSocket: WebSocket
  readonly stream: Duplex
  /** Takes compressed messages. */
  readonly deflates: boolean
  /** Anything was received since the last ping. */
  heard: boolean
  /** Rounds of the watch since its backlog was last seen within the bound. */
  slowRounds: number
}

/**
 * A client that limits the server's window is sent everything plain, which is always allowed: what is
 * compressed once for all needs the full window.
 */
const takesDeflate = (webSocket: WebSocket, { headers }: IncomingMessage): boolean =>
  webSocket.extensions !== '' &&
  !String(headers['sec-websocket-extensions']).includes('server_max_window_bits')

/** A new client; anything it sends is a sign of life. */
export const createViewer = (webSocket: WebSocket, stream: Duplex, request: IncomingMessage): Viewer => {
  const deflates = takesDeflate(webSocket, request)
  const viewer: Viewer = { webSocket, stream, deflates, heard: true, slowRounds: 0 }
  stream.on('data', () => {
    viewer.heard = true
  })
  return viewer
}

/** False from the first sign of its end on; it is then only waited for. */
export const isOpen = ({ webSocket, stream }: Viewer): boolean =>
  webSocket.readyState === WebSocket.OPEN && stream.writable

/** More than `maxBacklogBytes` wait to be taken by the client's end. */
const isSlow = ({ stream }: Viewer, maxBacklogBytes: number): boolean =>
  stream.writableLength > maxBacklogBytes

/** Writes whole frames, unless the client is slow or gone. */
export const write = (viewer: Viewer, frames: Buffer, maxBacklogBytes: number): 'sent' | 'slow' | 'gone' => {
  if (!isOpen(viewer)) return 'gone'
  if (isSlow(viewer, maxBacklogBytes)) return 'slow'
  viewer.slowRounds = 0
  viewer.stream.write(frames)
  return 'sent'
}

/** Notes one round of the watch; the answer is the rounds in a row in which the client was slow. */
export const countSlowRounds = (viewer: Viewer, maxBacklogBytes: number): number => {
  viewer.slowRounds = isOpen(viewer) && isSlow(viewer, maxBacklogBytes) ? viewer.slowRounds + 1 : 0
  return viewer.slowRounds
}
