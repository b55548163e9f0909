/**
 * The WebSocket side of the facade: every event to every socket, on any path. It owns who is let in.
 * Bounded: sockets, bytes that wait for each of them, bytes of a message, refused sockets that linger.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { createKeyCheck, KEY_ERRORS } from '../http/api-key.ts'
import { createAudience } from './audience.ts'
import { isPing } from './client-message.ts'
import { createDepartures } from './departures.ts'
import type { EventSources } from './event-sources.ts'
import { refuseUpgrade } from './refusal.ts'
import { createRefusedSockets } from './refused-sockets.ts'
import { type EventSocketsOptions, SOCKET_DEFAULTS, type SocketSettings } from './socket-options.ts'
import { createSocketStats, type SocketStats } from './socket-stats.ts'
import { createSocketWatch } from './socket-watch.ts'
import { createViewer } from './viewer.ts'

const GOING_AWAY = 1001

export interface EventSockets {
  /** Takes an upgrade request: a socket, or an answer that says why not. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  readonly count: number
  stats(): Readonly<SocketStats>
  /** Starts the pings and the watch for slow sockets. */
  start(): void
  /** Closes every socket with 1001; resolves when all are gone, after `closeWaitMs` at the latest. */
  stop(): Promise<void>
}

const createServer = ({ maxMessageBytes, closeWaitMs }: SocketSettings): WebSocketServer => {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: true,
    maxPayload: maxMessageBytes,
    closeTimeout: closeWaitMs,
  }
  return new WebSocketServer(options)
}

/** Sockets that are told of everything the sources tell; none yet. */
export const createEventSockets = (sources: EventSources, options: EventSocketsOptions): EventSockets => {
  const settings: SocketSettings = { ...SOCKET_DEFAULTS, ...options }
  const keyCheck = options.apiKey === undefined ? () => 'ok' as const : createKeyCheck(options.apiKey)
  const stats = createSocketStats()
  const audience = createAudience(sources, stats, settings)
  const watch = createSocketWatch(audience.viewers, stats, settings)
  const server = createServer(settings)
  const departures = createDepartures(() => audience.viewers.size + refused.count)
  const refused = createRefusedSockets(departures.noted)
  let stopped: Promise<void> | undefined

  const admit = (webSocket: WebSocket, stream: Duplex, request: IncomingMessage): void => {
    const viewer = createViewer(webSocket, stream, request)
    stats.accepted += 1
    webSocket.on('close', () => {
      audience.leave(viewer)
      departures.noted()
    })
    webSocket.on('message', (data) => {
      if (isPing(data)) audience.pong(viewer)
    })
    audience.join(viewer)
  }
  const turnAway = (webSocket: WebSocket): void => {
    stats.refused += 1
    refused.turnAway(webSocket)
  }
  const stop = async (): Promise<void> => {
    watch.stop()
    const open = [...audience.viewers].map(({ webSocket }) => webSocket)
    for (const webSocket of open) webSocket.close(GOING_AWAY, 'Server is stopping')
    const cut = setTimeout(() => {
      for (const webSocket of open) webSocket.terminate()
      refused.cut()
    }, settings.closeWaitMs)
    await departures.all()
    clearTimeout(cut)
  }

  return {
    upgrade: (request, stream, head) => {
      const verdict = keyCheck(request.headers, request.url ?? '')
      if (verdict !== 'ok') {
        stats.unauthorized += 1
        refuseUpgrade(stream, 401, KEY_ERRORS[verdict])
        return
      }
      if (stopped !== undefined || refused.count >= settings.maxSockets) {
        stats.refused += 1
        refuseUpgrade(stream, 503, 'No more sockets at the moment')
        return
      }
      server.handleUpgrade(request, stream, head, (webSocket) => {
        webSocket.on('error', () => {
          stats.errors += 1
        })
        if (audience.viewers.size < settings.maxSockets) admit(webSocket, stream, request)
        else turnAway(webSocket)
      })
    },
    get count() {
      return audience.viewers.size
    },
    stats: () => ({ ...stats }),
    start: watch.start,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
