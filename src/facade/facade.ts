import type { Server } from 'node:http'
import { BridgeError, type Identity } from '../../bridge/index.ts'
import { errorCode } from '../error-code.ts'
import type { FacadeApp, FacadeDeps, FacadeOptions } from './app.ts'
import { type BodyBudget, createBodyBudget } from './http/body-budget.ts'
import { createConnections } from './http/connections.ts'
import { DENIALS, type DenialCounts } from './http/denials.ts'
import { createGuard } from './http/guard.ts'
import { createHttpsDoor } from './http/https-door.ts'
import { mayConnectFrom } from './http/origin.ts'
import { ANY_PATH, createUpgrades, type UpgradeHandler } from './http/upgrades.ts'
import { buildServer } from './server.ts'
import { createEventSockets, type EventSockets, type SocketDoor } from './sockets/event-sockets.ts'
import { refuseUpgrade } from './sockets/refusal.ts'
import { createVisits } from './visits.ts'

const STOP_TIMEOUT_MS = 5_000
const MAX_BODIES_BYTES = 268_435_456
/**
 * Connections that may wait to be accepted. Boards open one for every request: with node's 511, a pause of 100 ms
 * under 5,000 a second would refuse some, and those come again a second later at best.
 */
const BACKLOG = 4_096
/** How long a WebSocket client may take to answer a close. */
const CLOSE_WAIT_MS = 2_000

export interface Address {
  readonly host: string
  readonly port: number
}

/** The HTTP port, and that of HTTPS when there is one. */
export interface Addresses extends Address {
  readonly https?: Address
}

/** Started once and stopped once; both calls are idempotent. */
export interface Facade {
  /** Resolves with the addresses in use. Throws LISTEN_FAILED when a port is taken or may not be bound. */
  start(): Promise<Addresses>
  /**
   * Takes no new connections, closes idle ones at once and waits up to 5 s for requests in flight. The event
   * sockets are closed with 1001, those handed over by `onUpgrade` are their handler's to close; what is left
   * after the wait is cut.
   */
  stop(): Promise<void>
  readonly server: Server
  /** That of HTTP; undefined until started. */
  readonly address: Address | undefined
  /**
   * Hands WebSocket upgrades of a path to `handler`, those of pages of other origins excepted. Every path without one
   * is an event socket.
   */
  onUpgrade(path: string, handler: UpgradeHandler): void
  /** TCP connections that are open now, those of WebSockets among them. */
  readonly connections: number
  /** The event sockets: how many there are now, and what was counted since the start. */
  readonly sockets: Pick<EventSockets, 'count' | 'stats'>
  /** Request bodies in memory now, and those refused for want of room since the start. */
  readonly bodies: Pick<BodyBudget, 'heldBytes' | 'refused'>
  /** Requests and sockets turned away for who sent them, since the start. */
  denied(): DenialCounts
  /** Ends the event sockets and live pictures of everyone who is meant: their credentials are good no more. */
  disconnect(isMeant: (identity: Identity) => boolean | Promise<boolean>): Promise<void>
}

/** `PORT` stands for the name of the setting. */
const LISTEN_REMEDIES: { readonly [errno: string]: string } = {
  EADDRINUSE: 'is in use: stop the other program or set PORT',
  EACCES: 'may not be bound by this user: set PORT to 1024 or above',
  EADDRNOTAVAIL: 'cannot be bound: this machine has no such address; set HOST',
  ENOTFOUND: 'cannot be bound: no such host; set HOST',
}

const listenError = (cause: unknown, { host, port }: Address, what: 'HTTP' | 'HTTPS'): BridgeError => {
  const code = errorCode(cause) ?? 'unknown error'
  const setting = what === 'HTTPS' ? 'HTTPS_PORT' : 'PORT'
  const remedy = LISTEN_REMEDIES[code]?.replace('PORT', setting) ?? `cannot be bound (${code})`
  return new BridgeError('LISTEN_FAILED', `${what} port ${port} on ${host} ${remedy}`, { cause })
}

const addressOf = (server: Server): Address | undefined => {
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : undefined
}

const listen = async (app: FacadeApp, wanted: Address): Promise<Address> => {
  try {
    await app.listen({ host: wanted.host, port: wanted.port, backlog: BACKLOG })
  } catch (error) {
    throw listenError(error, wanted, 'HTTP')
  }
  return addressOf(app.server) ?? wanted
}

/** Event sockets as the facade's own options ask for; no client outlives the facade's stop. */
const socketsOf = (deps: FacadeDeps, door: SocketDoor, options: FacadeOptions): EventSockets =>
  createEventSockets(deps, door, {
    recognizes: options.recognizes ?? false,
    closeWaitMs: Math.min(CLOSE_WAIT_MS, options.stopTimeoutMs ?? STOP_TIMEOUT_MS),
  })

/** The HTTP side of Sluice: the older backend's contract and its WebSocket, `/health` and `/metrics`. */
export const createFacade = (deps: FacadeDeps, options: FacadeOptions): Facade => {
  const guard = createGuard(deps, options)
  const visits = createVisits(deps.clock)
  const sockets = socketsOf(deps, { guard, visits }, options)
  const bodies = createBodyBudget(options.maxBodiesBytes ?? MAX_BODIES_BYTES)
  const app = buildServer({ ...deps, guard, visits, sockets: () => sockets.count, bodies }, options)
  const connections = createConnections(app.server)
  const onUpgrade = createUpgrades(app.server, connections)
  onUpgrade(ANY_PATH, sockets.upgrade)
  const door = deps.https && createHttpsDoor(app.server, deps.https)

  /** Pages of strangers do not get as far as a login. */
  const fromOwnPages =
    (handler: UpgradeHandler): UpgradeHandler =>
    (request, stream, head) => {
      if (mayConnectFrom(request.headers, options.allowedOrigins ?? [], options.isLocal))
        return handler(request, stream, head)
      guard.note('origin', { route: 'upgrade', address: request.socket.remoteAddress })
      refuseUpgrade(stream, DENIALS.origin)
    }

  let started: Promise<Addresses> | undefined
  let stopped: Promise<void> | undefined

  const listenAll = async (): Promise<Addresses> => {
    const address = await listen(app, options)
    if (door === undefined || deps.https === undefined) return address
    try {
      return { ...address, https: await door.start() }
    } catch (error) {
      throw listenError(error, deps.https.listener.wanted, 'HTTPS')
    }
  }

  const stop = async (): Promise<void> => {
    await started?.catch(() => undefined)
    const deadline = setTimeout(() => connections.destroyAll(), options.stopTimeoutMs ?? STOP_TIMEOUT_MS)
    connections.closeWhenIdle()
    try {
      await Promise.all([app.close(), door?.stop(), sockets.stop()])
    } finally {
      clearTimeout(deadline)
    }
  }

  return {
    start: () => {
      sockets.start()
      started ??= listenAll()
      return started
    },
    stop: () => {
      stopped ??= stop()
      return stopped
    },
    server: app.server,
    get address() {
      return addressOf(app.server)
    },
    onUpgrade: (path, handler) => onUpgrade(path, fromOwnPages(handler)),
    get connections() {
      return connections.count
    },
    sockets,
    bodies,
    denied: guard.denied,
    disconnect: visits.end,
  }
}
