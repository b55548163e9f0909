/**
 * The WebSocket side of the facade: every event to every socket, on any path. It owns who is let in.
 * Bounded: sockets, bytes that wait for each of them, bytes of a message, refused sockets that linger.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Identity, mayCall } from '../../../bridge/index.ts'
import { DENIALS, type DenialReason } from '../http/denials.ts'
import { admitted, type Guard, isOpenFor, type Verdict } from '../http/guard.ts'
import type { Visits } from '../visits.ts'
import { createAudience } from './audience.ts'
import { isPing } from './client-message.ts'
import { createDepartures } from './departures.ts'
import { type EventSources, tellOtherNodes } from './event-sources.ts'
import { createMessageBudget } from './message-budget.ts'
import { refuseUpgrade } from './refusal.ts'
import { createRefusedSockets } from './refused-sockets.ts'
import { type EventSocketsOptions, SOCKET_DEFAULTS, type SocketSettings } from './socket-options.ts'
import { createSocketStats, type SocketStats } from './socket-stats.ts'
import { createSocketWatch } from './socket-watch.ts'
import { createViewer } from './viewer.ts'

/** Of one message: what clients send is small. */
const MAX_FRAGMENTS = 1_024
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
const NO_ROOM = { status: 503, error: 'No more sockets at the moment', retryAfterS: 10 } as const

/** What decides who is let in, and for how long. */
export interface SocketDoor {
  readonly guard: Guard
  readonly visits: Visits
}

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

interface Upgrade {
  readonly request: IncomingMessage
  readonly stream: Duplex
  readonly head: Buffer
}

const createServer = ({ maxMessageBytes, closeWaitMs }: SocketSettings): WebSocketServer => {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: true,
    // One message in a turn of the event loop: a read may hold ten thousand, and others would wait for all of them.
    allowSynchronousEvents: false,
    maxPayload: maxMessageBytes,
    maxFragments: MAX_FRAGMENTS,
    closeTimeout: closeWaitMs,
  }
  return new WebSocketServer(options)
}

/** Sockets that are told of everything the sources tell; none yet. */
export const createEventSockets = (
  sources: EventSources,
  { guard, visits }: SocketDoor,
  options: EventSocketsOptions,
): EventSockets => {
  const settings: SocketSettings = { ...SOCKET_DEFAULTS, ...options }
  const { anonymous, apiKey, isLocal } = guard.openness
  const direct = anonymous && apiKey === undefined
  const opening = { direct, forwarded: direct && isLocal !== true }
  const stats = createSocketStats()
  const audience = createAudience(sources, stats, settings)
  const watch = createSocketWatch(audience.viewers, stats, settings)
  const server = createServer(settings)
  const departures = createDepartures(() => audience.viewers.size + refused.count)
  const refused = createRefusedSockets(departures.noted)
  const budget = createMessageBudget(settings.maxReceivingBytes, () => {
    stats.closedLarge += 1
  })
  let stopped: Promise<void> | undefined
  let endTelling: (() => void) | undefined

  const admit = (webSocket: WebSocket, { stream, request }: Upgrade, identity: Identity): void => {
    const viewer = createViewer(webSocket, stream, request)
    stats.accepted += 1
    const leave = visits.enter(identity, () => webSocket.close(POLICY_VIOLATION, 'Credentials ended'))
    webSocket.on('close', () => {
      leave()
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
    endTelling?.()
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

  const deny = ({ request, stream }: Upgrade, reason: DenialReason): void => {
    stats.unauthorized += 1
    guard.note(reason, { route: 'event socket', address: request.socket.remoteAddress })
    refuseUpgrade(stream, DENIALS[reason])
  }
  const open = (upgrade: Upgrade, identity: Identity): void => {
    const { request, stream, head } = upgrade
    if (stopped !== undefined || refused.count >= settings.maxSockets) {
      stats.refused += 1
      refuseUpgrade(stream, NO_ROOM)
      return
    }
    server.handleUpgrade(request, stream, head, (webSocket) => {
      webSocket.on('error', () => {
        stats.errors += 1
      })
      budget(webSocket, stream)
      if (audience.viewers.size < settings.maxSockets) admit(webSocket, upgrade, identity)
      else turnAway(webSocket)
    })
  }
  const settle = (upgrade: Upgrade, verdict: Verdict): void => {
    const identity = admitted(verdict, isOpenFor(opening, upgrade.request.headers), opening)
    if (typeof identity === 'string') deny(upgrade, identity)
    else if (mayCall(identity, 'read')) open(upgrade, identity)
    else deny(upgrade, 'forbidden')
  }

  return {
    upgrade: (request, stream, head) => {
      const upgrade = { request, stream, head }
      const { headers, url = '', socket } = request
      const isOpen = isOpenFor(opening, headers)
      const verdict = guard.judge({ headers, url, address: socket.remoteAddress, connection: stream, isOpen })
      if ('ok' in verdict) return settle(upgrade, verdict)
      // Nobody else listens to it until the verdict is there; node leaves it half open when its client hangs up.
      const hangUp = (): void => void stream.destroy()
      stream.on('error', hangUp)
      stream.on('end', hangUp)
      void verdict.then((found) => {
        stream.off('end', hangUp)
        settle(upgrade, found)
      })
    },
    get count() {
      return audience.viewers.size
    },
    stats: () => ({ ...stats }),
    start: () => {
      endTelling ??= tellOtherNodes(sources, settings.recognizes)
      watch.start()
    },
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
